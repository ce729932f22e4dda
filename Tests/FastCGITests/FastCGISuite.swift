import Testing

/// All tests of this target, one after the other: they block their threads.
@Suite(.serialized, .timeLimit(.minutes(2))) struct FastCGISuite {}
