package import Base
package import HTTP

/// Which bucket of which S3 server, as whom, and how objects are sent there.
package struct S3Settings: Sendable {
    /// Where in a URL the bucket stands.
    package enum Addressing: String, CaseIterable, Sendable {
        /// `https://host/bucket/key`.
        case path
        /// `https://bucket.host/key`.
        case virtualHost = "virtual"
    }

    let address: S3Address
    let publicAddress: S3Address
    let region: String
    let signer: SigV4
    let caFile: String?
    let multipartThreshold: Int64
    let partSize: Int64
    let parallelParts: Int
    let timeouts: HTTPTimeouts

    /// - Parameters:
    ///   - endpoint: URL of the server; nil is AWS in the region.
    ///   - addressing: nil is `.path` for an endpoint and `.virtualHost` for AWS (but `.path` for a bucket with dots
    ///     in its name, which AWS's certificates do not cover).
    ///   - caFile: PEM file of the authorities to trust instead of the system's.
    ///   - publicEndpoint: URL of the server as clients reach it, for download URLs; nil is the same as `endpoint`.
    ///   - multipartThreshold: files of more bytes go up in parts.
    ///   - partSize: bytes of a part, at least 5 MiB on AWS; larger when a file would need more than 10,000 parts.
    ///   - parallelParts: how many parts of one file are under way at once, each on a thread of its own.
    ///   - timeouts: of each request.
    /// - Throws: `S3SettingsError` for an endpoint or a bucket's name that cannot be.
    package init(
        endpoint: String?, region: String = "us-east-1", bucket: String, accessKey: String, secretKey: String,
        sessionToken: String? = nil, addressing: Addressing? = nil, caFile: String? = nil,
        publicEndpoint: String? = nil, multipartThreshold: Int64 = 16 << 20, partSize: Int64 = 8 << 20,
        parallelParts: Int = 4, timeouts: HTTPTimeouts = HTTPTimeouts()
    ) throws(S3SettingsError) {
        guard ObjectKey.isValidSegment(bucket) else { throw S3SettingsError(problem: "the bucket's name is malformed") }
        let inAWS = endpoint == nil
        let addressing = addressing ?? (inAWS && !bucket.contains(".") ? .virtualHost : .path)
        let zone = region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
        let endpoint = endpoint ?? "https://s3.\(region).\(zone)"
        guard let address = S3Address(endpoint: endpoint, bucket: bucket, addressing: addressing) else {
            throw S3SettingsError(problem: "the endpoint must be an http or https URL")
        }
        guard
            let publicAddress = S3Address(endpoint: publicEndpoint ?? endpoint, bucket: bucket, addressing: addressing)
        else { throw S3SettingsError(problem: "the public endpoint must be an http or https URL") }
        self.address = address
        self.publicAddress = publicAddress
        self.region = region
        self.signer = SigV4(accessKey: accessKey, secretKey: secretKey, sessionToken: sessionToken, region: region)
        self.caFile = caFile
        self.multipartThreshold = multipartThreshold
        self.partSize = max(1, partSize)
        self.parallelParts = max(1, parallelParts)
        self.timeouts = timeouts
    }

    /// The settings in the environment; nil when S3 is not chosen there, which it is by S3_BUCKET together with
    /// S3_ACCESS_KEY_ID. What is wrong with them is added to the environment's problems.
    ///
    /// S3_USE_SSL (default true) decides for an endpoint without a scheme.
    package static func read(from environment: inout Environment) -> S3Settings? {
        guard let bucket = environment.string("S3_BUCKET"),
            let accessKey = environment.string("S3_ACCESS_KEY_ID", "S3_ACCESS_KEY")
        else { return nil }
        let secretKey = environment.required("S3_SECRET_ACCESS_KEY", "S3_SECRET_KEY")
        let scheme = environment.flag("S3_USE_SSL", default: true) ? "https" : "http"
        let endpoint = environment.string("S3_ENDPOINT_URL", "S3_ENDPOINT").map {
            $0.contains("://") ? $0 : "\(scheme)://\($0)"
        }
        let hasAddressing = environment.string("S3_ADDRESSING") != nil
        let addressing = environment.choice("S3_ADDRESSING", default: Addressing.path)
        do {
            return try S3Settings(
                endpoint: endpoint, region: environment.string("S3_REGION") ?? "us-east-1", bucket: bucket,
                accessKey: accessKey, secretKey: secretKey, sessionToken: environment.string("S3_SESSION_TOKEN"),
                addressing: hasAddressing ? addressing : nil, caFile: environment.string("S3_CA_FILE"),
                publicEndpoint: environment.string("S3_PUBLIC_ENDPOINT_URL"))
        } catch {
            environment.report("S3: \(error.problem)")
            return nil
        }
    }
}

/// What is wrong with the settings of an S3 store, as a sentence without secrets.
package struct S3SettingsError: Error, Equatable {
    package let problem: String

    package init(problem: String) { self.problem = problem }
}
