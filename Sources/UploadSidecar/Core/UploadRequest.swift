/// What the web server says of an upload before its body.
package struct UploadRequest: Sendable {
    /// REQUEST_METHOD.
    package var method: String
    /// UPLOAD_GRANT: the signed `UploadGrant` that the authorisation answered with.
    package var grant: String?
    /// REQUEST_ID, which the grant is bound to.
    package var requestID: String
    /// CONTENT_TYPE.
    package var contentType: String?
    /// CONTENT_LENGTH; nil or empty when the body is chunked.
    package var contentLength: String?
    /// The headers in `ClientDigests.requestHeaders` that the client sent, by their lower-cased names.
    package var digestHeaders: [String: String]

    package init(
        method: String, grant: String?, requestID: String, contentType: String?, contentLength: String?,
        digestHeaders: [String: String] = [:]
    ) {
        self.method = method
        self.grant = grant
        self.requestID = requestID
        self.contentType = contentType
        self.contentLength = contentLength
        self.digestHeaders = digestHeaders
    }
}
