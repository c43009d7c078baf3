// Reading S3's XML bodies with pugixml, which expands no entity. Hostile bytes are malformed_xml.
#pragma once

#include <string_view>

#include "common/base/result.hpp"
#include "common/schema/storage.hpp"

namespace onput::gateway::s3 {

inline constexpr std::size_t xml_body_bytes_max = 1024 * 1024;
inline constexpr int xml_depth_max = 32;

// <CreateBucketConfiguration><LocationConstraint>; empty for an empty body.
Result<std::string> read_location_constraint(std::string_view body);

// <NotificationConfiguration>, element order free, the legacy single-Event form accepted. Structure
// only: what the rules mean is storage's to judge. EventBridgeConfiguration is unimplemented.
Result<schema::NotificationConfiguration> read_notification(std::string_view body);

std::string write_notification(const schema::NotificationConfiguration& configuration);

}  // namespace onput::gateway::s3
