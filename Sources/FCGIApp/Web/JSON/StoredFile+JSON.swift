package import Base
import Contract
package import Domain

extension StoredFile {
    func writeMembers(to json: inout JSONWriter) {
        json.member("id", id)
        json.member("md5_hash", md5)
        json.member("sha256", sha256)
        json.member("s3_path", key)
        json.member("file_size", size)
        json.member("created_at", createdAt)
        json.member("inspection", inspection)
    }
}

extension FileInspection: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("inspected_at", inspectedAt)
            json.member("page_count", pageCount)
            json.member("image_width", imageWidth)
            json.member("image_height", imageHeight)
            json.member("scan", scan?.rawValue)
            json.member("threat", threat)
        }
    }
}

extension FileUsage: JSONWritable {
    package func write(to json: inout JSONWriter) { json.object { writeMembers(to: &$0) } }

    func writeMembers(to json: inout JSONWriter) {
        file.writeMembers(to: &json)
        if let documentCount {
            json.member("document_count", documentCount)
            json.member("is_orphaned", documentCount == 0)
        }
    }
}

extension FileStatistics: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("total_files", totalFiles)
            json.member("total_storage_bytes", totalBytes)
            json.member("total_storage_mb", (Double(totalBytes) / 1_048_576 * 100).rounded() / 100)
        }
    }
}

extension OrphanReport: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("total_checked", checked)
            json.member("deleted", deleted)
            json.member("failed", failed)
        }
    }
}

/// One page of a tenant's files, with the figures of all of them.
struct FileList: JSONWritable {
    let page: Page<FileUsage>
    let statistics: FileStatistics

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("files", page.elements)
            json.key("pagination")
            page.writePagination(to: &json)
            json.member("stats", statistics)
        }
    }
}

/// A file with one page of the documents that show it.
struct FileDetails: JSONWritable {
    let file: FileUsage
    let documents: Page<Document>

    func write(to json: inout JSONWriter) {
        json.object { json in
            file.writeMembers(to: &json)
            json.key("documents")
            json.array(documents.elements) { json, document in
                json.object { json in
                    json.member("id", document.id)
                    json.member("filename", document.filename.text)
                    json.member("mime_type", document.mediaType.text)
                    json.member("created_at", document.createdAt)
                }
            }
            json.key("pagination")
            documents.writePagination(to: &json)
        }
    }
}
