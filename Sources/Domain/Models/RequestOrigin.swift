/// Where a request came from, as the audit trail shows it. Handed on as a value from the request to the change.
package struct RequestOrigin: Hashable, Sendable {
    /// The client's address, by the trusted proxies' word; empty when there was no client.
    package let address: String
    package let requestID: String

    package init(address: String, requestID: String) {
        self.address = address
        self.requestID = requestID
    }

    /// The product itself: no client asked.
    package static let none = RequestOrigin(address: "", requestID: "")
}
