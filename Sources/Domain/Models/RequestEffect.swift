package import Contract

/// The one lasting change of a request that is to have its effect once, held open until its answer can be stored with
/// it: handed on in `RequestOrigin`, filled by the unit of work, ended by the request's own thread.
package final class RequestEffect: @unchecked Sendable {  // only the thread that works on the request touches it
    /// The transaction of the change; nil before the change, and after its end.
    package private(set) var held: (any HeldTransaction)?

    package init() {}

    /// Takes the transaction over.
    ///
    /// - Precondition: there is none yet: a request has one effect.
    package func hold(_ transaction: any HeldTransaction) {
        precondition(held == nil, "a request has one effect")
        held = transaction
    }

    /// Hands the transaction to the one who ends it.
    package func take() -> (any HeldTransaction)? {
        defer { held = nil }
        return held
    }
}

extension RequestEffect: Hashable {
    package static func == (left: RequestEffect, right: RequestEffect) -> Bool { left === right }
    package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// A transaction that waits to be ended. Not ended, it is rolled back when nobody holds it any longer.
package protocol HeldTransaction: AnyObject {
    /// Makes the change last.
    func commit() throws(ErrorAnswer)
    func rollBack()
}
