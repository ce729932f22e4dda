import Synchronization

/// A Redis server, for any number of threads: as many connections as commands run at once, kept for the next ones.
package final class RedisClient: Sendable {
    private let address: RedisAddress
    private let idle = Mutex<[Box]>([])

    /// A connection on its way between threads; one holds it at a time.
    private struct Box: @unchecked Sendable {  // taken out of `idle` before use, so never shared
        let connection: RedisConnection
    }

    package init(_ address: RedisAddress) { self.address = address }

    /// Runs one command; the whole numbers of its answer. Blocks. A command that breaks on a kept connection is sent
    /// again on a new one, so it may be carried out twice.
    package func command(_ words: [String]) throws(RedisError) -> [Int64] {
        if let box = idle.withLock({ $0.popLast() }) {
            do throws(RedisError) {
                return try run(words, on: box)
            } catch {
                guard case .unavailable = error else { throw error }
                idle.withLock { $0.removeAll() }
            }
        }
        return try run(words, on: Box(connection: try RedisConnection(address)))
    }

    private func run(_ words: [String], on box: Box) throws(RedisError) -> [Int64] {
        do throws(RedisError) {
            let numbers = try box.connection.command(words)
            idle.withLock { $0.append(box) }
            return numbers
        } catch {
            // A connection that only heard a refusal is as good as before.
            if case .refused = error { idle.withLock { $0.append(box) } }
            throw error
        }
    }
}
