import Base
import Contract
import Domain
import Persistence
import Testing

@Suite struct RingRhythmTests {
    private let start = ContinuousClock.now
    private let tenant = Outbox.tenant(.random())

    private func promises(at offsets: [Duration], for outbox: Outbox) -> [Ring.Promise?] {
        var rhythm = RingRhythm()
        return offsets.map { rhythm.promise(for: outbox, at: start + $0) }
    }

    @Test func writesFarFromEachOtherAreRungForOneByOne() {
        #expect(promises(at: [.zero, .seconds(1), .seconds(9)], for: tenant) == [.one, .one, .one])
    }

    @Test func closeOnesAreRungForOnceASecond() {
        let tenths = (0...25).map { Duration.milliseconds(100 * $0) }
        let rung = zip(tenths, promises(at: tenths, for: tenant)).filter { $0.1 != nil }
        #expect(rung.map(\.0) == [.zero, .milliseconds(100), .milliseconds(1100), .milliseconds(2100)])
        #expect(rung.map(\.1) == [.one, .several, .several, .several])
    }

    @Test func afterACalmTimeASingleOneIsToldAgain() {
        let early: [Duration] = [.zero, .milliseconds(1), .milliseconds(1900), .milliseconds(2910)]
        #expect(promises(at: early, for: tenant) == [.one, .several, .several, .several])
        #expect(promises(at: [.zero, .milliseconds(1), .seconds(3)], for: tenant) == [.one, .several, .one])
    }

    @Test func theMainDatabaseIsAlwaysRungFor() {
        #expect(promises(at: [.zero, .milliseconds(1), .milliseconds(2)], for: .main) == [.one, .one, .one])
    }

    @Test func outboxesAreCountedApartAndAForgottenRingIsRungAgain() {
        var rhythm = RingRhythm()
        _ = rhythm.promise(for: tenant, at: start)
        _ = rhythm.promise(for: tenant, at: start)
        let other = rhythm.promise(for: .tenant(.random()), at: start)
        #expect(other == .one)
        let quiet = rhythm.promise(for: tenant, at: start)
        #expect(quiet == nil)
        rhythm.forget(tenant)
        let again = rhythm.promise(for: tenant, at: start)
        #expect(again == .one)
    }
}
