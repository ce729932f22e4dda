import Testing
import UploadCore

@Suite struct UploadPaceTests {
    /// What an upload is told that has sent so many bytes at these seconds.
    private func isTooSlow(_ sent: [(bytes: Int64, seconds: Int)], rate: Int64 = 1000) -> [Bool] {
        var pace = UploadPace(MinimumRate(bytesPerSecond: rate, grace: .seconds(10)))
        return sent.map { pace.isTooSlow(bytes: $0.bytes, after: .seconds($0.seconds)) }
    }

    @Test func theAverageCounts() { #expect(isTooSlow([(1000, 11), (1000, 12)]) == [false, true]) }

    @Test func aFastBeginningDoesNotBuyTheRest() {
        let sent: [(Int64, Int)] = [(99_000_000, 59), (99_000_001, 60), (99_000_002, 119), (99_000_003, 120)]
        #expect(isTooSlow(sent) == [false, false, false, true])
    }

    @Test func aPauseWithinAMinuteIsForgiven() {
        let sent: [(Int64, Int)] = [(200_000, 60), (265_000, 120), (295_000, 180), (360_000, 240), (389_999, 300)]
        #expect(isTooSlow(sent) == [false, false, false, false, true])
    }

    @Test func noRateIsNoPace() {
        #expect(isTooSlow((1...5).map { (0, $0 * 3600) }, rate: 0) == [Bool](repeating: false, count: 5))
    }
}
