package import Base

/// Tags of the identifiers; they have no values.
package enum UserTag {}
package enum TenantTag {}
package enum DocumentTag {}
package enum FileTag {}
package enum UploadTag {}
package enum EventTag {}

package typealias UserID = Identifier<UserTag>
package typealias TenantID = Identifier<TenantTag>
package typealias DocumentID = Identifier<DocumentTag>
package typealias FileID = Identifier<FileTag>
package typealias UploadID = Identifier<UploadTag>
package typealias EventID = Identifier<EventTag>
