/// How long a request may take at each stage.
package struct HTTPTimeouts: Equatable, Sendable {
    /// To find the name, connect and agree on TLS.
    package var connect: Duration
    /// With less than 1 KiB/s moving in either direction; whole seconds.
    package var stall: Duration
    /// For everything together; nil is no limit.
    package var total: Duration?

    package init(connect: Duration = .seconds(2), stall: Duration = .seconds(15), total: Duration? = nil) {
        self.connect = connect
        self.stall = stall
        self.total = total
    }
}
