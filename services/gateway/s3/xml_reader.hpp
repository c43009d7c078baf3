// S3's XML bodies (aws/xml_reader.hpp). Hostile bytes are malformed_xml. Rules of notifications
// keep their order across kinds of destinations, which S3's model, with a list for each kind,
// cannot say: their document is read and written here.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/schema/storage.hpp"
#include "services/gateway/aws/xml_reader.hpp"

namespace onput::gateway::s3 {

using aws::xml_body_bytes_max;

// What <CreateBucketConfiguration> says; nothing in it for an empty body. invalid_tag and
// too_many_tags as PutBucketTagging has them.
struct NewBucket {
    std::string constraint = {};  // LocationConstraint
    std::string tagging = {};     // The document of its tags, as it is stored.
};
Result<NewBucket> read_new_bucket(std::string_view body);

// <NotificationConfiguration>, element order free, the legacy single-Event form accepted. Structure
// only: what the rules mean is storage's to judge.
Result<schema::NotificationConfiguration> read_notification(std::string_view body);

std::string write_notification(const schema::NotificationConfiguration& configuration);

}  // namespace onput::gateway::s3
