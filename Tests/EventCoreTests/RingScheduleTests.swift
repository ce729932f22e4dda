import Base
import Contract
import Domain
import EventCore
import TestSupport
import Testing

@Suite struct RingScheduleTests {
    private let start = ContinuousClock.now
    private let tenant = Outbox.tenant(.random())

    /// The distances from the ring at which somebody looks, each finding nothing.
    private func looks(_ schedule: inout RingSchedule, until end: Duration, found: Bool = false) -> [Duration] {
        var looks: [Duration] = []
        while let due = schedule.nextDue, due <= start + end {
            guard let key = schedule.take(at: due) else { break }
            looks.append(due - start)
            _ = schedule.finish(key, found: found && looks.count == 1, again: nil, at: due)
        }
        return looks
    }

    @Test func aRungOutboxIsWatchedForLongerThanATransactionLives() throws {
        var schedule = RingSchedule()
        schedule.ring(tenant, .several, at: start)
        let looks = looks(&schedule, until: .seconds(3600))
        #expect(try #require(looks.first) < .milliseconds(50))
        #expect(try #require(looks.last) > .seconds(60))
        #expect(zip(looks, looks.dropFirst()).allSatisfy { $0 < $1 })
        #expect(schedule.count == 0)
    }

    @Test func aFindSavesTheLooksThatFollowClosely() throws {
        var empty = RingSchedule()
        var full = RingSchedule()
        empty.ring(tenant, .several, at: start)
        full.ring(tenant, .several, at: start)
        let afterFind = looks(&full, until: .seconds(3600), found: true)
        let second = try #require(afterFind.dropFirst().first)
        // After a second, in which a process does not ring again.
        #expect(second > .seconds(1) && second < .seconds(2))
        #expect(afterFind.count == 3 && afterFind[2] > .seconds(60))
        let early = looks(&empty, until: .seconds(1))
        #expect(early.count > 1)
    }

    @Test func theOnlyTransactionThatWasPromisedIsWaitedForAloneAndNoLonger() throws {
        var schedule = RingSchedule()
        schedule.ring(tenant, .one, at: start)
        let late = looks(&schedule, until: .seconds(3600), found: true)
        #expect(late.count == 2 && late[1] > .seconds(60))
        schedule.ring(tenant, .one, at: start)
        #expect(looks(&schedule, until: .seconds(1)).count > 1)
    }

    @Test func ofTwoThatWerePromisedEachMayBeTheOneThatWasFound() throws {
        var schedule = RingSchedule()
        schedule.ring(tenant, .one, at: start)
        schedule.ring(tenant, .one, at: start + .milliseconds(5))
        let looks = looks(&schedule, until: .seconds(3600), found: true)
        #expect(looks.count == 3 && looks[1] < .seconds(2))
    }

    @Test func aPromiseWhileSomebodyLooksIsKeptByALaterLook() throws {
        var schedule = RingSchedule()
        schedule.ring(tenant, .one, at: start)
        _ = schedule.take(at: start + .milliseconds(20))
        schedule.ring(tenant, .one, at: start + .milliseconds(21))
        _ = schedule.finish(tenant, found: true, again: nil, at: start + .milliseconds(25))
        let next = try #require(schedule.nextDue)
        #expect(next < start + .milliseconds(50))
        _ = schedule.take(at: next)
        _ = schedule.finish(tenant, found: true, again: nil, at: next)
        // Which of the two the finds were, nobody knows.
        let last = try #require(schedule.nextDue)
        #expect(last < start + .seconds(2))
    }

    @Test func aPromiseThatWasKeptDoesNotCountForTheNext() throws {
        var schedule = RingSchedule()
        for second in 0..<3 {
            let now = start + .seconds(5 * second)
            schedule.ring(tenant, .one, at: now)
            let taken = schedule.take(at: now + .milliseconds(20))
            #expect(taken == tenant)
            _ = schedule.finish(tenant, found: true, again: nil, at: now + .milliseconds(30))
            let next = try #require(schedule.nextDue)
            #expect(next > now + .seconds(60))
        }
        schedule.ring(tenant, .several, at: start + .seconds(20))
        _ = schedule.take(at: start + .seconds(21))
        _ = schedule.finish(tenant, found: true, again: nil, at: start + .seconds(21))
        let next = try #require(schedule.nextDue)
        #expect(next < start + .seconds(23))
    }

    @Test func anOutboxIsGivenToOneThreadAtATime() {
        var schedule = RingSchedule()
        schedule.ring(tenant, .several, at: start)
        let now = start + .seconds(1)
        let outcome1 = schedule.take(at: now)
        #expect(outcome1 == tenant)
        let outcome2 = schedule.take(at: now)
        #expect(outcome2 == nil)
        // Rung for while somebody looks: the look that is under way may have been too early.
        schedule.ring(tenant, .several, at: now)
        let outcome3 = schedule.take(at: now + .seconds(1))
        #expect(outcome3 == nil)
        let outcome4 = schedule.finish(tenant, found: true, again: nil, at: now)
        #expect(!outcome4)
        let outcome5 = schedule.take(at: now + .milliseconds(50))
        #expect(outcome5 == tenant)
    }

    @Test func aStreamOfRingsDoesNotPushTheLookAway() {
        var schedule = RingSchedule()
        for step in 0..<10 { schedule.ring(tenant, .several, at: start + .milliseconds(10) * step) }
        let outcome6 = schedule.take(at: start + .milliseconds(20))
        #expect(outcome6 == tenant)
    }

    @Test func whatFailedIsLookedAtAgainThoughItsRingIsOld() {
        var schedule = RingSchedule()
        schedule.ring(tenant, .several, at: start)
        let late = start + .seconds(100)
        let outcome7 = schedule.take(at: late)
        #expect(outcome7 == tenant)
        let outcome8 = schedule.finish(tenant, found: false, again: .seconds(5), at: late)
        #expect(!outcome8)
        let outcome9 = schedule.take(at: late + .seconds(4))
        #expect(outcome9 == nil)
        let outcome10 = schedule.take(at: late + .seconds(5))
        #expect(outcome10 == tenant)
        let outcome11 = schedule.finish(tenant, found: true, again: nil, at: late + .seconds(5))
        #expect(outcome11)
    }

    @Test func whoIsDueLongestComesFirst() {
        var schedule = RingSchedule()
        schedule.ring(tenant, .several, at: start)
        schedule.ring(.main, .several, at: start - .seconds(1))
        let outcome12 = schedule.take(at: start + .seconds(1))
        #expect(outcome12 == .main)
        let outcome13 = schedule.take(at: start + .seconds(1))
        #expect(outcome13 == tenant)
    }

    @Test func newRingsComeBeforeLooksAfterAFindButNotForEver() {
        var schedule = RingSchedule()
        let found = Outbox.tenant(.random())
        schedule.ring(found, .several, at: start)
        _ = schedule.take(at: start + .milliseconds(20))
        _ = schedule.finish(found, found: true, again: nil, at: start + .milliseconds(20))
        // Its next look is due at 1.2 s.
        schedule.ring(tenant, .several, at: start + .milliseconds(1500))
        let first = schedule.take(at: start + .seconds(2))
        #expect(first == tenant)
        _ = schedule.finish(tenant, found: true, again: nil, at: start + .seconds(2))
        schedule.ring(tenant, .several, at: start + .seconds(5))
        let waiting = schedule.take(at: start + .milliseconds(5100))
        #expect(waiting == tenant)
        _ = schedule.finish(tenant, found: true, again: nil, at: start + .milliseconds(5100))
        schedule.ring(tenant, .several, at: start + .milliseconds(5500))
        let second = schedule.take(at: start + .seconds(6))
        #expect(second == found)
    }

    @Test func aRingIsForgottenOnlyWhenNoneIsNewer() throws {
        let clock = ManualClock()
        let doorbell = InMemoryDoorbell(clock: clock)
        let id = TenantID.random()
        doorbell.ring(.tenant(id))
        let time = clock.now()
        clock.advance(by: .seconds(61))
        doorbell.ring(.tenant(id))
        try doorbell.silence(.tenant(id), before: time + .seconds(1))
        #expect(try doorbell.rungOutboxes() == [.tenant(id)])
    }
}
