import Testing
import UploadCore

@Suite struct MinimumRateTests {
    private let rate = MinimumRate(bytesPerSecond: 1000, grace: .seconds(10))

    @Test(arguments: [
        (0, 0, false), (0, 10, false), (0, 11, true), (999, 11, true), (1000, 11, false), (1000, 12, true),
        (90_000, 100, false), (89_999, 100, true),
    ])
    func onlyTimeBehindTheGraceCounts(_ bytes: Int64, seconds: Int, isMissed: Bool) {
        #expect(rate.isMissed(bytes: bytes, after: .seconds(seconds)) == isMissed)
    }

    @Test func largerFilesNeedAHigherRate() {
        #expect(rate.bringing(1_000_000, within: .seconds(100)).bytesPerSecond == 10_000)
        #expect(rate.bringing(1_000_000, within: .seconds(10_000)).bytesPerSecond == 1000)
        #expect(MinimumRate(bytesPerSecond: 0).bringing(.max, within: .seconds(1)).bytesPerSecond == 0)
    }

    @Test func zeroIsNoRate() {
        #expect(!MinimumRate(bytesPerSecond: 0).isMissed(bytes: 0, after: .seconds(1_000_000)))
    }

    @Test func noRateOverflows() {
        #expect(MinimumRate(bytesPerSecond: .max).isMissed(bytes: .max, after: .seconds(1_000_000)))
    }
}
