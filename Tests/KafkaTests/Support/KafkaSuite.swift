import Testing

/// All tests that start a cluster, one after the other: each has a cluster's threads of its own.
@Suite(.serialized, .timeLimit(.minutes(2))) enum KafkaSuite {}
