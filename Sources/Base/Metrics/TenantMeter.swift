import Glibc

/// Requests and bytes by tenant, in one table that all processes of a host share: the busiest tenants by their ids, all
/// others together.
///
/// The first tenants get the names that there are. Once these are gone, whoever reads the table gives a name to a tenant
/// that was lately more than twice as busy as the idlest that has one, which loses it. What a tenant without a name does
/// is counted for `other` at once and stays there, so no sum goes down; a tenant that gets a name begins at zero. A
/// request in the very moment of such a change may be counted for the wrong one of the two.
package struct TenantMeter: Sendable {
    /// How many tenants have names.
    package static let names = 100

    static let fileName = "tenants-1.table"
    private static let cellsOfName = 8
    private static let cellsOfEntry = 8
    /// Tenants that are watched: the power of two of entries, of which each tenant has a few places.
    private static let entries = 2048
    private static let places = 8
    private static let firstName = 8
    private static let firstEntry = firstName + names * cellsOfName
    static let bytes = (firstEntry + entries * cellsOfEntry) * 8

    /// How long the choice of names stays.
    private static let term: Int64 = 10

    private let map: MappedFile

    /// A table that this process alone sees.
    package init() { self.init(MappedFile(anonymous: Self.bytes)) }

    init(_ map: MappedFile) { self.map = map }

    /// Three numbers: requests, bytes received, bytes sent.
    private struct Numbers {
        let first: MetricCell
        func add(_ requests: Int, _ received: Int64, _ sent: Int64) {
            if requests != 0 { first.add(UInt64(requests)) }
            if received > 0 { first.advanced(by: 1).add(UInt64(received)) }
            if sent > 0 { first.advanced(by: 2).add(UInt64(sent)) }
        }
    }

    private var namesGiven: MetricCell { map.cell(atByte: 0) }
    private var chosenAt: MetricCell { map.cell(atByte: 8) }
    private var other: Numbers { Numbers(first: map.cell(atByte: 16)) }

    /// A named tenant: the two halves of its id, then its numbers.
    private struct Name {
        let high: MetricCell
        let low: MetricCell
        let numbers: Numbers
        init(_ cell: MetricCell) {
            high = cell
            low = cell.advanced(by: 1)
            numbers = Numbers(first: cell.advanced(by: 2))
        }
    }

    private func name(_ index: Int) -> Name {
        Name(map.cell(atByte: (Self.firstName + index * Self.cellsOfName) * 8))
    }

    /// A tenant that is watched.
    private struct Entry {
        let low: MetricCell
        let high: MetricCell
        /// Where it is counted: 0 not known yet, 1 for `other`, 2 and up for a name.
        let place: MetricCell
        /// Requests since the last choice, and the older ones, which count less with each choice.
        let lately: MetricCell
        let score: MetricCell
        init(_ cell: MetricCell) {
            low = cell
            high = cell.advanced(by: 1)
            place = cell.advanced(by: 2)
            lately = cell.advanced(by: 3)
            score = cell.advanced(by: 4)
        }
    }

    private func entry(_ index: Int) -> Entry {
        let index = index & (Self.entries - 1)
        return Entry(map.cell(atByte: (Self.firstEntry + index * Self.cellsOfEntry) * 8))
    }

    /// Counts for a tenant. Some atomic operations; no lock, no allocation.
    package func count<Tag>(_ tenant: Identifier<Tag>, requests: Int = 0, received: Int64 = 0, sent: Int64 = 0) {
        guard let entry = find(tenant.high, tenant.low) else { return other.add(requests, received, sent) }
        entry.lately.add(UInt64(max(1, requests)))
        var place = entry.place.load()
        // Another thread is about to say where; should it die first, this one goes on.
        var patience = 1000
        while place == 0, patience > 0 {
            patience -= 1
            if patience < 100 { sched_yield() }
            place = entry.place.load()
        }
        if place >= 2, place < UInt64(Self.names + 2) {
            name(Int(place) - 2).numbers.add(requests, received, sent)
        } else {
            other.add(requests, received, sent)
        }
    }

    /// The tenant's entry, made when there is none; nil when its places are taken.
    private func find(_ high: UInt64, _ low: UInt64) -> Entry? {
        let start = Int(truncatingIfNeeded: low ^ low >> 29) & (Self.entries - 1)
        for step in 0..<Self.places {
            let entry = entry(start + step)
            if entry.low.load() == low { return entry }
        }
        for step in 0..<Self.places {
            let entry = entry(start + step)
            guard let holder = entry.low.claim(low) else {
                entry.high.store(high)
                let number = namesGiven.countUp()
                if number < UInt64(Self.names) {
                    let name = name(Int(number))
                    name.high.store(high)
                    name.low.store(low)
                    entry.place.store(number + 2)
                } else {
                    entry.place.store(1)
                }
                return entry
            }
            if holder == low { return entry }
        }
        return nil
    }

    /// The named tenants' numbers and the others'. One caller at a time.
    func read() -> [MetricSeries] {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let seconds = Int64(time.tv_sec)
        // The machine may have been started anew since.
        let last = Int64(clamping: chosenAt.load())
        if seconds < last || seconds - last >= Self.term {
            chosenAt.store(UInt64(seconds))
            chooseNames()
        }
        var sums = MetricSums()
        for index in 0..<min(Self.names, Int(clamping: namesGiven.load())) {
            let name = name(index)
            let low = name.low.load()
            guard low != 0 else { continue }
            let id = Identifier<TenantMeter>(high: name.high.load(), low: low)
            for series in Self.series(id.description, name.numbers) { sums.add(series) }
        }
        return Array(sums.series.values) + Self.series("other", other)
    }

    /// Gives names to those who have become busier than some that have one, and forgets who does nothing.
    package func chooseNames() {
        var unnamed: [(entry: Entry, score: UInt64)] = []
        var named: [(entry: Entry, score: UInt64)] = []
        for index in 0..<Self.entries {
            let entry = entry(index)
            let place = entry.place.load()
            guard entry.low.load() != 0, place != 0 else { continue }
            let score = entry.score.load() / 2 + entry.lately.take()
            entry.score.store(score)
            if place >= 2 {
                named.append((entry, score))
            } else if score > 0 {
                unnamed.append((entry, score))
            } else {
                entry.place.store(0)
                entry.high.store(0)
                entry.low.store(0)
            }
        }
        named.sort { $0.score < $1.score }
        unnamed.sort { $0.score > $1.score }
        for (idle, busy) in zip(named, unnamed) {
            guard busy.score > 2 * idle.score else { break }
            let place = idle.entry.place.load()
            idle.entry.place.store(1)
            let name = name(Int(place) - 2)
            for offset in 0..<3 { name.numbers.first.advanced(by: offset).store(0) }
            name.high.store(busy.entry.high.load())
            name.low.store(busy.entry.low.load())
            busy.entry.place.store(place)
        }
    }

    private static func series(_ tenant: String, _ numbers: Numbers) -> [MetricSeries] {
        let labels = MetricSeries.text([("tenant", tenant)])
        return [
            ("saas_tenant_requests_total", "Requests in a tenant; the busiest tenants by id, the rest as other."),
            ("saas_tenant_received_bytes_total", "Bytes of request bodies and uploads in a tenant."),
            ("saas_tenant_sent_bytes_total", "Bytes of answers in a tenant; file contents are not among them."),
        ].enumerated().map { offset, family in
            MetricSeries(
                kind: .counter, name: family.0, labels: labels, variants: "", scale: 1, help: family.1,
                values: [numbers.first.advanced(by: offset).load()])
        }
    }
}
