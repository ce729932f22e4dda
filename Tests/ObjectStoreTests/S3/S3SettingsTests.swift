import Base
import ObjectStore
import Testing

@Suite struct S3SettingsTests {
    private struct FixedClock: WallClock {
        let time: Timestamp
        func now() -> Timestamp { time }
    }

    @Test(
        arguments: [
            (nil, "bucket", nil, "https://bucket.s3.eu-central-1.amazonaws.com/k"),
            (nil, "with.dots", nil, "https://s3.eu-central-1.amazonaws.com/with.dots/k"),
            (nil, "bucket", .path, "https://s3.eu-central-1.amazonaws.com/bucket/k"),
            ("http://store:9000", "bucket", nil, "http://store:9000/bucket/k"),
            ("http://store:9000/", "bucket", .virtualHost, "http://bucket.store:9000/k"),
            ("https://store:443/base/", "bucket", nil, "https://store/base/bucket/k"),
            ("HTTP://store:80", "bucket", nil, "http://store/bucket/k"),
            ("http://[::1]:9000", "bucket", nil, "http://[::1]:9000/bucket/k"),
        ] as [(String?, String, S3Settings.Addressing?, String)])
    func placesTheBucket(
        endpoint: String?, bucket: String, addressing: S3Settings.Addressing?, expected: String
    ) throws {
        let settings = try S3Settings(
            endpoint: endpoint, region: "eu-central-1", bucket: bucket, accessKey: "key", secretKey: "secret",
            addressing: addressing)
        #expect(url(settings).prefix { $0 != "?" } == expected)
    }

    @Test func signsDownloadsForThePublicAddress() throws {
        let settings = try S3Settings(
            endpoint: "http://inner:9000", bucket: "bucket", accessKey: "key", secretKey: "secret",
            publicEndpoint: "https://files.example.com")
        #expect(
            url(settings)
                == "https://files.example.com/bucket/k?X-Amz-Algorithm=AWS4-HMAC-SHA256"
                + "&X-Amz-Credential=key%2F20260102%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20260102T030405Z"
                + "&X-Amz-Expires=300&X-Amz-SignedHeaders=host&response-content-disposition=inline"
                + "&response-content-type=text%2Fplain%3B%20charset%3Dutf-8"
                + "&X-Amz-Signature=\(url(settings).suffix(64))")
    }

    @Test func aDownloadURLLivesOneSecondToSevenDays() throws {
        let settings = try S3Settings(endpoint: nil, bucket: "bucket", accessKey: "key", secretKey: "secret")
        #expect(url(settings, lifetime: .seconds(-5)).contains("X-Amz-Expires=1&"))
        #expect(url(settings, lifetime: .seconds(700_000)).contains("X-Amz-Expires=604800&"))
    }

    @Test(arguments: [
        "", "store:9000", "ftp://store", "http://", "http://:9000", "http://store:port", "http://store:0",
        "http://user@store", "http://store/?query", "http://store/#x", "http://store/a%2Fb", "http://st ore",
        "http://store\r\nX: y",
    ])
    func refusesEndpointsThatAreNone(endpoint: String) {
        #expect(throws: S3SettingsError(problem: "the endpoint must be an http or https URL")) {
            try S3Settings(endpoint: endpoint, bucket: "bucket", accessKey: "key", secretKey: "secret")
        }
        #expect(throws: S3SettingsError(problem: "the public endpoint must be an http or https URL")) {
            try S3Settings(
                endpoint: nil, bucket: "bucket", accessKey: "key", secretKey: "secret", publicEndpoint: endpoint)
        }
    }

    @Test func refusesBucketsThatAreNone() {
        for bucket in ["", "a/b", "..", "a b"] {
            #expect(throws: S3SettingsError(problem: "the bucket's name is malformed")) {
                try S3Settings(endpoint: nil, bucket: bucket, accessKey: "key", secretKey: "secret")
            }
        }
    }

    @Test func theEnvironmentChoosesS3OnlyByBucketAndKey() throws {
        for values in [
            [:], ["S3_BUCKET": "b"], ["S3_ACCESS_KEY_ID": "k"], ["S3_BUCKET": "", "S3_ACCESS_KEY_ID": "k"],
            ["AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "S3_BUCKET": "b"],
        ] {
            var environment = Environment(values)
            #expect(S3Settings.read(from: &environment) == nil)
            #expect(environment.problems.isEmpty)
        }
        var environment = Environment(["S3_BUCKET": "b", "S3_ACCESS_KEY": "k"])
        _ = S3Settings.read(from: &environment)
        #expect(environment.problems == ["S3_SECRET_ACCESS_KEY is not set"])
    }

    @Test func theEnvironmentSetsEverything() throws {
        var environment = Environment([
            "S3_BUCKET": "b", "S3_ACCESS_KEY_ID": "k", "S3_SECRET_KEY": "s", "S3_ENDPOINT": "store:9000",
            "S3_USE_SSL": "false", "S3_REGION": "eu-west-1", "S3_ADDRESSING": "virtual",
        ])
        let settings = try #require(S3Settings.read(from: &environment))
        #expect(environment.problems.isEmpty)
        #expect(url(settings).hasPrefix("http://b.store:9000/k?"))
        #expect(url(settings).contains("eu-west-1"))
        environment = Environment([
            "S3_BUCKET": "b", "S3_ACCESS_KEY_ID": "k", "S3_SECRET_KEY": "s", "S3_ENDPOINT_URL": "store:x",
        ])
        #expect(S3Settings.read(from: &environment) == nil)
        #expect(environment.problems == ["S3: the endpoint must be an http or https URL"])
    }

    private func url(_ settings: S3Settings, lifetime: Duration = .seconds(300)) -> String {
        let now = Timestamp("2026-01-02T03:04:05.9Z")!
        return S3DownloadSigner(settings: settings, clock: FixedClock(time: now)).url(
            for: SignedDownload(
                key: "k", contentType: "text/plain; charset=utf-8", contentDisposition: "inline", subject: "s",
                expires: now + lifetime))
    }
}
