package import Contract
package import Domain

/// Has files scanned by clamd, ClamAV's daemon, over its socket.
package struct ClamdInspector: FileInspector {
    private let objects: any ObjectLocator
    private let address: ClamdAddress

    package init(objects: any ObjectLocator, address: ClamdAddress) {
        self.objects = objects
        self.address = address
    }

    package func isWanted(for file: StoredFile) -> Bool { file.inspection?.scan == nil }

    /// - Throws: `.serviceUnavailable` while clamd cannot be reached; `.timeout` and `.internalError` for a file that it
    ///   does not get through.
    package func inspect(
        _ file: StoredFile, of tenant: TenantID, into inspection: inout FileInspection,
        deadline: ContinuousClock.Instant
    ) throws(ErrorAnswer) {
        guard let scan = ClamdScan(address, deadline: deadline) else {
            throw ErrorAnswer(.serviceUnavailable, cause: "the virus scanner cannot be reached")
        }
        // Removed meanwhile: the look at the database tells.
        guard try objects.read(key: file.key, { scan.send($0) }) else { return }
        let answer = scan.finish()
        inspection.threat = nil
        switch answer {
        case .clean: inspection.scan = .clean
        case .tooLarge: inspection.scan = .tooLarge
        case .infected(let threat):
            inspection.scan = .infected
            inspection.threat = threat
        case .failed(let words): throw ErrorAnswer(.internalError, cause: "the virus scanner says: \(words)")
        case .none: throw ErrorAnswer(.timeout, cause: "the virus scanner did not answer")
        }
    }
}
