import Testing

/// The root of every suite that uses the real server: one at a time, because some restart it.
@Suite(.serialized) enum DatabaseSuite {}
