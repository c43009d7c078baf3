#include "services/gateway/s3/version.hpp"

namespace onput::gateway::s3 {

void show_version(const std::string& version_id, Headers& headers) {
    if (!version_id.empty()) headers.emplace_back("x-amz-version-id", version_id);
}

void show_deletion(const schema::ObjectDeleted& deleted, Headers& headers) {
    show_version(deleted.version_id, headers);
    if (deleted.is_delete_marker) headers.emplace_back("x-amz-delete-marker", "true");
}

}  // namespace onput::gateway::s3
