import Base
import Crypto

/// The MD5 of a file, whose larger pieces are hashed on a lane while the caller goes on.
///
/// The bytes of the last `update` must stay as they are until `settle`, the next `update` or `finish`.
final class SideDigest: @unchecked Sendable {  // the digest is the lane's from `take` to `run`'s end, else the owner's
    /// Below this, waking a thread costs more than it saves.
    private static let smallestPiece = 32_768

    private let digest = MD5Stream()
    private let lanes: HashLanes
    private let isBusy = Condition(false)
    private var bytes = UnsafeRawBufferPointer(start: nil, count: 0)

    init(lanes: HashLanes) { self.lanes = lanes }

    func update(_ bytes: UnsafeRawBufferPointer) {
        settle()
        if bytes.count >= Self.smallestPiece {
            self.bytes = bytes
            isBusy.withLock { $0 = true }
            if lanes.take(self) { return }
            isBusy.withLock { $0 = false }
        }
        digest.update(bytes)
    }

    /// Waits until no lane reads bytes of the owner any more.
    func settle() { _ = isBusy.wait { $0 ? nil : () } }

    func finish() -> [UInt8] {
        settle()
        return digest.finish()
    }

    /// On a lane.
    static func run(_ jobs: [SideDigest]) {
        MD5Stream.update(jobs.map { MD5Stream.Piece(of: $0.digest, $0.bytes) })
        for job in jobs { job.isBusy.update { $0 = false } }
    }
}
