// Tags of objects, in a header and in documents. Storage judges what a tag may be. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/schema/storage_objects.hpp"
#include "services/gateway/aws/value.hpp"

namespace onput::gateway::s3 {

// x-amz-tagging: "k=v&k2=v2", as a query. invalid_argument in S3's words.
Result<std::vector<schema::Tag>> read_tagging_header(std::string_view header);

// <Tagging>, as read by its shape. malformed_xml.
Result<std::vector<schema::Tag>> read_tagging(const aws::Value& document);

std::string render_tagging(const std::vector<schema::Tag>& tags);

}  // namespace onput::gateway::s3
