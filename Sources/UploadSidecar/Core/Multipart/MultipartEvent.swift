/// What the multipart parser saw, in the order `(partBegan data* partEnded)* finished`.
package enum MultipartEvent {
    /// The headers of the next part are complete.
    case partBegan(PartHeaders)
    /// Some bytes of the part, never empty; the memory is valid until the parser's next call.
    case data(UnsafeRawBufferPointer)
    /// The part is complete: its last byte was handed out.
    case partEnded
    /// The closing delimiter was seen and the body has ended well.
    case finished
}
