import ObjectStore

/// What the closure fails with; nil when it does not.
func failure(_ body: () throws(ObjectStoreError) -> Void) -> ObjectStoreError? {
    do throws(ObjectStoreError) {
        try body()
        return nil
    } catch {
        return error
    }
}

extension ObjectStoreError {
    /// The detail of `.unavailable`.
    var unavailability: String? { if case .unavailable(let detail) = self { detail } else { nil } }
}
