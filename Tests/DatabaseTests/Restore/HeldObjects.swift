import Base
import Contract
import Domain

/// An object store whose removals take until they are let go.
final class HeldObjects: ObjectLocator {
    private let state = Condition((isRemoving: false, isFree: false))

    func remove(key: String) throws(ErrorAnswer) {
        state.withLock { $0.isRemoving = true }
        while !state.withLock({ $0.isFree }) { Pause.sleep(.milliseconds(5)) }
    }

    func awaitRemoval() { while !state.withLock({ $0.isRemoving }) { Pause.sleep(.milliseconds(5)) } }
    func letGo() { state.withLock { $0.isFree = true } }

    func size(key: String) throws(ErrorAnswer) -> Int64? { nil }
    func fingerprint(key: String) throws(ErrorAnswer) -> (size: Int64, sha256: String)? { nil }
    func read(key: String, _ sink: (UnsafeRawBufferPointer) -> Bool) throws(ErrorAnswer) -> Bool { false }
    func check() throws(ErrorAnswer) {}
}
