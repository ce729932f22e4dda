/// A complete answer, or its head when the body went to a sink.
package struct HTTPResponse: Sendable {
    package let status: Int
    /// In the order of arrival, values without surrounding blanks.
    package let headers: [(name: String, value: String)]
    /// Empty when the body was streamed.
    package let body: [UInt8]
    /// How many bytes of body arrived, streamed or not.
    package let bodyBytes: Int64

    /// The first header of this name, in any case of letters.
    package func header(_ name: String) -> String? {
        let wanted = name.lowercased()
        return headers.first { $0.name.lowercased() == wanted }?.value
    }
}
