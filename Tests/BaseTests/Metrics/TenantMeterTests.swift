import Base
import Testing

@Suite struct TenantMeterTests {
    private enum Tag {}
    private typealias ID = Identifier<Tag>
    private let home = MetricsHome()
    private var meter: TenantMeter { home.tenants }

    private func id(_ number: UInt64) -> ID { ID(high: number, low: number &* 0x9E37_79B9_7F4A_7C15 | 1) }

    /// Requests by the label `tenant`.
    private var requests: [String: UInt64] {
        var found: [String: UInt64] = [:]
        for series in home.read() where series.name == "saas_tenant_requests_total" {
            found[String(series.labels.dropFirst(8).dropLast())] = series.values[0]
        }
        return found
    }

    @Test func tenantsAreCountedByTheirIDs() {
        for number in 1...UInt64(TenantMeter.names) { meter.count(id(number), requests: Int(number)) }
        let found = requests
        #expect(found.count == TenantMeter.names + 1)
        for number in 1...UInt64(TenantMeter.names) { #expect(found[id(number).description] == number) }
        #expect(found["other"] == 0)
    }

    @Test func bytesAreCountedBothWays() {
        meter.count(id(1), requests: 1, received: 70, sent: 9)
        meter.count(id(1), received: 30)
        let found = home.read().filter { $0.labels.contains(id(1).description) }
        #expect(found.first { $0.name == "saas_tenant_received_bytes_total" }?.values == [100])
        #expect(found.first { $0.name == "saas_tenant_sent_bytes_total" }?.values == [9])
    }

    @Test func thoseBeyondAreOneTogether() {
        for number in 1...5000 { meter.count(id(UInt64(number)), requests: 1) }
        let found = requests
        #expect(found.count == TenantMeter.names + 1)
        #expect(found.values.reduce(0, +) == 5000)
        #expect(found["other"] == UInt64(5000 - TenantMeter.names))
    }

    @Test func busierTenantTakesTheNameOfTheIdlest() {
        for number in 1...UInt64(TenantMeter.names) { meter.count(id(number), requests: number == 3 ? 1 : 50) }
        meter.count(id(999), requests: 500)
        meter.chooseNames()
        let before = requests["other"]
        #expect(before == 500, "what was counted for the others stays there")
        meter.count(id(999), requests: 4)
        meter.count(id(3), requests: 2)
        let found = requests
        #expect(found[id(999).description] == 4)
        #expect(found[id(3).description] == nil)
        #expect(found["other"] == 502)
    }

    @Test func tenantThatIsAsBusyAsTheOthersGetsNoName() {
        for number in 1...UInt64(TenantMeter.names + 1) { meter.count(id(number), requests: 50) }
        meter.chooseNames()
        meter.chooseNames()
        #expect(requests[id(UInt64(TenantMeter.names + 1)).description] == nil)
    }

    @Test func nothingIsLostWhenManyThreadsMeetATenantFirst() {
        for number in 1...50 as ClosedRange<UInt64> {
            let threads = (0..<4).map { _ in
                WorkerThread(name: "count") { [meter] in for _ in 0..<10 { meter.count(id(number), requests: 1) } }
            }
            for thread in threads { thread.join() }
        }
        #expect(requests.values.reduce(0, +) == 2000)
    }
}
