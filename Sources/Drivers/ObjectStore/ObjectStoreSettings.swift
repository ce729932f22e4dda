package import Base

/// Which object store the environment chooses; read by every program that touches objects.
package enum ObjectStoreSettings: Sendable {
    /// A bucket: S3_BUCKET and S3_ACCESS_KEY_ID are set.
    case s3(S3Settings)
    /// A directory of the file system: OBJECT_DIR.
    case directory(root: String)

    /// The store in the environment; nil when its settings are not usable, which is then among the environment's
    /// problems.
    package static func read(from environment: inout Environment) -> ObjectStoreSettings? {
        let problemsBefore = environment.problems.count
        if let settings = S3Settings.read(from: &environment) { return .s3(settings) }
        guard environment.problems.count == problemsBefore else { return nil }
        let root = environment.required("OBJECT_DIR")
        return root.isEmpty ? nil : .directory(root: root)
    }

    /// Whether the store takes a file over as it is, when it lies on the store's file system.
    package var takesFiles: Bool { if case .directory = self { true } else { false } }

    /// The store itself. Makes the directory when it is missing; does not reach out to S3.
    package func makeStore() throws(ObjectStoreError) -> any ObjectStore {
        switch self {
        case .s3(let settings): S3Store(settings: settings)
        // The sidecar is the one that stores, and hashes what it writes to its spool.
        case .directory(let root): try DirectoryStore(root: root, verifiesAdopted: false)
        }
    }

    /// Like `makeStore`, for start-up: what fails is added to the environment's problems.
    package func makeStore(reportingTo environment: inout Environment) -> (any ObjectStore)? {
        do {
            return try makeStore()
        } catch {
            environment.report("the object store cannot be used: \(error)")
            return nil
        }
    }

    /// The signer of download URLs for the store.
    ///
    /// - Parameters: for the directory alone, whose URLs lead to our own door (see `DirectoryDownloadSigner`).
    package func makeDownloadSigner(baseURL: String, key: [UInt8]) -> any DownloadSigner {
        switch self {
        case .s3(let settings): S3DownloadSigner(settings: settings)
        case .directory: DirectoryDownloadSigner(baseURL: baseURL, key: key)
        }
    }
}
