import Testing

/// The root of the suites that run the program against the server: one at a time, for it has few connections.
@Suite(.serialized) enum SaasctlSuite {}
