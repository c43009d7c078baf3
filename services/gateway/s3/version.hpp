// How requests name versions of objects, and how answers show them. Pure.
#pragma once

#include <string>

#include "services/gateway/s3/object_headers.hpp"

namespace onput::gateway::s3 {

// x-amz-version-id, where the bucket has or had versions.
void show_version(const std::string& version_id, Headers& headers);

// The same of a deletion, with x-amz-delete-marker where one was made or removed.
void show_deletion(const schema::ObjectDeleted& deleted, Headers& headers);

}  // namespace onput::gateway::s3
