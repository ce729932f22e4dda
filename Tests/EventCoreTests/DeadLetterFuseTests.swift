import Base
import Contract
import EventCore
import Testing

@Suite struct DeadLetterFuseTests {
    private let fuse = DeadLetterFuse(log: Log(component: "test", level: .error, sink: { _ in }))

    /// How many of so many events of the tenant may die.
    private func deaths(_ count: Int, of tenant: TenantID) -> Int {
        (0..<count).count { _ in fuse.permitsDeath(of: .random(), tenant: tenant) }
    }

    @Test func aFewDeathsAreNoOutage() {
        #expect(deaths(7, of: .random()) == 7)
        #expect(fuse.alarm == nil)
    }

    @Test func oneEventThatFailsAgainAndAgainIsOneDeath() {
        let (event, tenant) = (EventID.random(), TenantID.random())
        for _ in 0..<100 { #expect(fuse.permitsDeath(of: event, tenant: tenant)) }
        #expect(fuse.alarm == nil)
    }

    @Test func whenEverythingFailsEverywhereNothingIsGivenUp() {
        let died = (0..<30).reduce(0) { died, _ in died + deaths(1, of: .random()) }
        #expect(died < 8)
        #expect(fuse.alarm != nil)
    }

    @Test func anInstallationOfOneTenantIsProtectedToo() {
        #expect(deaths(200, of: .random()) < 8)
        #expect(fuse.alarm != nil)
    }

    @Test func oneTenantsPoisonDoesNotCountForTheOthers() {
        fuse.succeeded(.random(), tenant: .random())
        #expect(deaths(200, of: .random()) == 200)
        #expect(fuse.alarm == nil)
    }

    @Test func anOutageIsSeenThoughAllWasWellBefore() {
        let tenants = (0..<10).map { _ in TenantID.random() }
        for tenant in tenants { for _ in 0..<20 { fuse.succeeded(.random(), tenant: tenant) } }
        var died = 0
        for _ in 0..<10 { for tenant in tenants { died += deaths(1, of: tenant) } }
        #expect(died <= 30)
        #expect(fuse.alarm != nil)
    }

    @Test func successesEndTheAlarm() {
        let tenants = (0..<10).map { _ in TenantID.random() }
        let events = tenants.map { tenant in (0..<3).map { _ in (EventID.random(), tenant) } }.flatMap { $0 }
        for (event, tenant) in events { _ = fuse.permitsDeath(of: event, tenant: tenant) }
        #expect(fuse.alarm != nil)
        // The same events, tried again after the cure.
        for (event, tenant) in events.suffix(20) { fuse.succeeded(event, tenant: tenant) }
        #expect(fuse.alarm == nil)
        #expect(fuse.permitsDeath(of: .random(), tenant: .random()))
    }

    @Test func itCanBeSwitchedOff() {
        let fuse = DeadLetterFuse(share: 100, log: Log(component: "test", level: .error, sink: { _ in }))
        for _ in 0..<100 { #expect(fuse.permitsDeath(of: .random(), tenant: .random())) }
    }
}
