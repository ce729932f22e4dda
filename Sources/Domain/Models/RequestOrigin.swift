/// Where a request came from, as the audit trail shows it. Handed on as a value from the request to the change.
package struct RequestOrigin: Hashable, Sendable {
    /// The client's address, by the trusted proxies' word; empty when there was no client.
    package let address: String
    package let requestID: String
    /// Where the change of a request that may be sent again is held until its answer is stored; nil for others.
    package let effect: RequestEffect?

    package init(address: String, requestID: String, effect: RequestEffect? = nil) {
        self.address = address
        self.requestID = requestID
        self.effect = effect
    }

    /// How the transaction is run that is the request's effect: the one after which it must not be done again.
    package var effectAccess: DataAccess { effect.map { .effect($0) } ?? .write }

    /// The product itself: no client asked.
    package static let none = RequestOrigin(address: "", requestID: "")
}
