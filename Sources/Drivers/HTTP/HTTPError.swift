/// Why there is no answer. The texts are for the log alone; they may name hosts and addresses.
package enum HTTPError: Error, Equatable, Sendable {
    /// Nothing was sent: the name is unknown, the port closed, or connecting took too long.
    case couldNotConnect(String)
    /// Connected, then too slow. The request may have had its effect.
    case timedOut(String)
    /// The connection ended before the answer did. The request may have had its effect.
    case brokenOff(String)
    /// The answer's body is longer than the request allows.
    case responseTooLarge
    /// Everything that trying again does not mend: a bad URL or header, a certificate that is not trusted, a body
    /// that cannot be read.
    case other(String)
}
