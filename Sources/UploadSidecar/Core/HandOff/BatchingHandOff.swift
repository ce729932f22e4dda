import Base
package import Contract
import Synchronization

/// A hand-off in which the calls of one tenant that come while another is on its way wait for it, and then travel
/// together.
///
/// A call that finds none on its way goes at once and alone, so nothing waits for company. One that has waited for
/// `patience` goes without waiting any longer: a call that takes long holds up nobody. The thread of one waiting call
/// carries the others; there are no threads of its own.
package final class BatchingHandOff: HandOff {
    private struct Key: Hashable {
        let tenant: TenantID
        let commits: Bool
    }

    private struct Queue {
        var onTheirWay = 0
        var waiting: [Ticket] = []
    }

    /// A waiting call. Its thread is told to carry, or is given its outcome.
    private final class Ticket: Sendable {
        enum Signal: Sendable {
            case carry([Ticket])
            case done(Outcome)
        }

        let call: UploadCall
        let requestID: String
        let signal = Condition<Signal?>(nil)

        init(_ call: UploadCall, _ requestID: String) {
            self.call = call
            self.requestID = requestID
        }
    }

    private enum Outcome: Sendable {
        case reply(HandOffReply)
        case broken
        case unreachable
    }

    private let transport: any HandOffTransport
    private let patience: Duration
    private let queues = Mutex<[Key: Queue]>([:])

    package init(_ transport: any HandOffTransport, patience: Duration = .milliseconds(20)) {
        self.transport = transport
        self.patience = patience
    }

    package func resolve(_ upload: ResolveUpload, of tenant: TenantID, requestID: String) -> ResolveOutcome {
        switch carryOut(.resolve(upload), requestID, Key(tenant: tenant, commits: false)) {
        case .reply(let reply): reply.resolveOutcome
        case .broken: .unclear("resolve broke off")
        case .unreachable: .unclear("no worker took the resolve")
        }
    }

    package func commit(_ upload: SettleUpload, of tenant: TenantID, requestID: String) -> CommitOutcome {
        switch carryOut(.commit(upload), requestID, Key(tenant: tenant, commits: true)) {
        case .reply(let reply): reply.commitOutcome
        case .broken: .unclear("commit broke off")
        case .unreachable: .unclear("no worker took the commit")
        }
    }

    /// How many calls wait for others to come back.
    var waiting: Int { queues.withLock { $0.values.reduce(0) { $0 + $1.waiting.count } } }

    package func abandon(_ upload: SettleUpload, requestID: String) -> AbandonOutcome {
        transport.abandon(upload, requestID: requestID)
    }

    private func carryOut(_ call: UploadCall, _ requestID: String, _ key: Key) -> Outcome {
        let ticket = Ticket(call, requestID)
        let goesAtOnce = queues.withLock { queues in
            guard queues[key, default: Queue()].onTheirWay > 0 else {
                queues[key, default: Queue()].onTheirWay = 1
                return true
            }
            queues[key]?.waiting.append(ticket)
            return false
        }
        if goesAtOnce { return carry([ticket], of: ticket, key) }
        if let signal = ticket.signal.wait(until: .now + patience, { $0 }) { return follow(signal, ticket, key) }
        if let tickets = overtake(ticket, key) { return carry(tickets, of: ticket, key) }
        // Taken along at this very moment.
        guard let signal = ticket.signal.wait({ $0 }) else { return .broken }
        return follow(signal, ticket, key)
    }

    private func follow(_ signal: Ticket.Signal, _ ticket: Ticket, _ key: Key) -> Outcome {
        switch signal {
        case .carry(let tickets): carry(tickets, of: ticket, key)
        case .done(let outcome): outcome
        }
    }

    /// Takes the ticket out of the queue with those around it; nil when it is no longer there.
    private func overtake(_ ticket: Ticket, _ key: Key) -> [Ticket]? {
        queues.withLock { queues in
            guard var queue = queues[key], let index = queue.waiting.firstIndex(where: { $0 === ticket }) else {
                return nil
            }
            let first = max(0, min(index, queue.waiting.count - UploadBatch.maxCalls))
            let range = first..<min(queue.waiting.count, first + UploadBatch.maxCalls)
            let tickets = Array(queue.waiting[range])
            queue.waiting.removeSubrange(range)
            queue.onTheirWay += 1
            queues[key] = queue
            return tickets
        }
    }

    /// Sends the calls, tells the others what became of theirs, and sends the next on their way.
    private func carry(_ tickets: [Ticket], of own: Ticket, _ key: Key) -> Outcome {
        let delivery = transport.send(
            tickets.map(\.call), of: key.tenant, requestIDs: tickets.map(\.requestID), isPatient: !key.commits)
        next(key)
        var mine = Outcome.broken
        for (index, ticket) in tickets.enumerated() {
            let outcome: Outcome =
                switch delivery {
                case .replies(let replies): replies.count == tickets.count ? .reply(replies[index]) : .broken
                case .broken: .broken
                case .unreachable: .unreachable
                }
            if ticket === own { mine = outcome } else { ticket.signal.update { $0 = .done(outcome) } }
        }
        return mine
    }

    private func next(_ key: Key) {
        let tickets: [Ticket] = queues.withLock { queues in
            guard var queue = queues[key] else { return [] }
            queue.onTheirWay -= 1
            guard queue.onTheirWay == 0 else {
                queues[key] = queue
                return []
            }
            guard !queue.waiting.isEmpty else {
                queues[key] = nil
                return []
            }
            let tickets = Array(queue.waiting.prefix(UploadBatch.maxCalls))
            queue.waiting.removeFirst(tickets.count)
            queue.onTheirWay = 1
            queues[key] = queue
            return tickets
        }
        tickets.first?.signal.update { $0 = .carry(tickets) }
    }
}
