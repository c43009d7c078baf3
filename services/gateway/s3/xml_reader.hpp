// S3's XML bodies (aws/xml_reader.hpp). Hostile bytes are malformed_xml. Rules of notifications
// keep their order across kinds of destinations, which S3's model, with a list for each kind,
// cannot say: their document is read and written here.
#pragma once

#include <string_view>

#include "common/base/result.hpp"
#include "common/schema/storage.hpp"
#include "services/gateway/aws/xml_reader.hpp"

namespace onput::gateway::s3 {

using aws::xml_body_bytes_max;

// <CreateBucketConfiguration><LocationConstraint>; empty for an empty body.
Result<std::string> read_location_constraint(std::string_view body);

// <NotificationConfiguration>, element order free, the legacy single-Event form accepted. Structure
// only: what the rules mean is storage's to judge.
Result<schema::NotificationConfiguration> read_notification(std::string_view body);

std::string write_notification(const schema::NotificationConfiguration& configuration);

}  // namespace onput::gateway::s3
