/// How long a listener waits for the other end of a connection.
package struct ConnectionLimits: Sendable {
    /// For each read of a request's head: nginx sends it at once.
    package var header: Duration = .seconds(5)
    /// For each read of a body; the time between two pieces, not of the whole. Above nginx's client_body_timeout.
    package var body: Duration = .seconds(75)
    /// For each write of a response that the peer does not take.
    package var write: Duration = .seconds(30)
    /// How long, and for how many bytes, a peer is read from that has its answer and may still be sending its body.
    package var linger: Duration = .seconds(2)
    package var lingerBytes = 64 << 20

    /// How long a listener that stops still takes requests on connections at rest, each of which it closes after one. A
    /// peer that uses the same few connections over and over has then had time to come to each of them.
    package var farewell: Duration = .seconds(1)

    package init() {}
}
