import Contract
import MediaSniffer

/// Reads an upload's body to its end and checks that it is whole.
struct UploadReceiver {
    let limits: UploadLimits
    let spool: SpoolDirectory
    let sniffer: Sniffer
    let lanes: HashLanes
    let now: @Sendable () -> ContinuousClock.Instant

    /// Blocks until the body has been read or refused. What was spooled of a refused body is gone when this throws.
    ///
    /// - Parameters:
    ///   - maxBytes: of the file.
    ///   - contentLength: CONTENT_LENGTH as sent; nil or empty when the body is chunked.
    ///   - digests: what the request's own headers say of the file.
    ///   - progress: set to the number of file bytes received so far.
    /// - Throws: the answer for a body that is malformed, too large, cut, or not as long as was declared.
    func receive(
        _ body: inout some BodyReader, boundary: MultipartBoundary, maxBytes: Int64, contentLength: String?,
        digests: ClientDigests, progress: inout Int64
    ) throws(UploadFailure) -> ReceivedUpload {
        let declared = try Self.length(contentLength)
        let bodyLimit = maxBytes.addingReportingOverflow(limits.frameBytes)
        let maxBody = bodyLimit.overflow ? Int64.max : bodyLimit.partialValue
        guard declared ?? 0 <= maxBody else { throw .tooLarge(maxBytes: maxBytes) }

        var pace = UploadPace(limits.minimumRate.bringing(declared ?? maxBody, within: UploadGrant.receivingTime))
        let started = now()
        var received: Int64 = 0
        var parsed: Int64 = 0
        var parser = MultipartParser(boundary: boundary)
        var form = UploadForm(limits: limits, digests: digests) { headers throws(UploadFailure) in
            let spool = Spool(directory: spool, memoryLimit: limits.memoryBytes)
            if let declared {
                // The part's end is not known, only the body's: a little too much is reserved for a while.
                do throws(SpoolError) { try spool.expect(declared - parsed) } catch { throw UploadFailure(error) }
            }
            return IncomingFile(headers: headers, maxBytes: maxBytes, spool: spool, sniffer: sniffer, lanes: lanes)
        }
        defer { progress = form.fileBytes }
        var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: limits.bufferBytes, alignment: 16)
        defer { buffer.deallocate() }
        // What was read last may still be hashed while the next bytes come in.
        var other = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        defer { other.deallocate() }
        defer { form.settle() }
        let began = ContinuousClock.now
        var worked: Duration = .zero

        while true {
            let count = try fill(buffer, from: &body, pace: &pace, started: started, received: received)
            guard count > 0 else { break }
            parsed = received
            received += Int64(count)
            guard received <= maxBody else { throw .tooLarge(maxBytes: maxBytes) }
            let fileBytes = form.fileBytes
            let arrived = ContinuousClock.now
            var input = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            while let event = try Self.parsed({ () throws(MultipartError) in try parser.next(&input) }) {
                try form.take(event)
            }
            // Each piece waits for the one before, so what the other buffer held has been hashed; when this one held
            // nothing of the file, that is not known.
            if form.fileBytes == fileBytes { form.settle() }
            if count == buffer.count, other.baseAddress == nil {
                other = .allocate(byteCount: limits.bufferBytes, alignment: 16)
            }
            if other.baseAddress != nil { swap(&buffer, &other) } else { form.settle() }
            worked += arrived.duration(to: .now)
        }
        if let declared, declared != received { throw .cut }
        try form.take(try Self.parsed { () throws(MultipartError) in try parser.finish() })
        let complete = ContinuousClock.now
        var upload = try form.finish()
        upload.waited = began.duration(to: complete) - worked
        upload.worked = worked + complete.duration(to: .now)
        return upload
    }

    private static func length(_ text: String?) throws(UploadFailure) -> Int64? {
        guard let text, !text.isEmpty else { return nil }
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let length = Int64(text)
        else { throw UploadFailure(.badRequest, message: "The Content-Length is malformed.", outcome: "bad_length") }
        return length
    }

    /// Fills the buffer as far as the body goes; the web server hands over 8 KiB at a time, which is too little for
    /// the hashes and for the disk.
    private func fill(
        _ buffer: UnsafeMutableRawBufferPointer, from body: inout some BodyReader, pace: inout UploadPace,
        started: ContinuousClock.Instant, received: Int64
    ) throws(UploadFailure) -> Int {
        var count = 0
        while count < buffer.count {
            let piece: Int
            do {
                piece = try body.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
            } catch { throw .cut }
            guard piece > 0 else { break }
            count += piece
            guard !pace.isTooSlow(bytes: received + Int64(count), after: now() - started) else {
                throw .tooSlow
            }
        }
        return count
    }

    private static func parsed<R>(_ step: () throws(MultipartError) -> R) throws(UploadFailure) -> R {
        do { return try step() } catch { throw UploadFailure(error) }
    }
}
