import Synchronization

/// Whether a unit of work has changed anything that others are to hear of.
final class ChangeNote: Sendable {
    private let taken = Atomic(false)

    var isTaken: Bool { taken.load(ordering: .relaxed) }

    func take() { taken.store(true, ordering: .relaxed) }
}
