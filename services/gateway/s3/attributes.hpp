// What GetObjectAttributes asks for, and how it is answered. Pure.
#pragma once

#include <string>

#include "common/base/result.hpp"
#include "common/schema/storage_uploads.hpp"
#include "services/gateway/http/message.hpp"

namespace onput::gateway::s3 {

struct AttributesQuery {
    bool wants_etag = false;
    bool wants_checksum = false;
    bool wants_parts = false;
    bool wants_storage_class = false;
    bool wants_size = false;
    std::uint32_t after = 0;  // x-amz-part-number-marker
    std::uint32_t parts_max = schema::list_parts_max;
};

// x-amz-object-attributes, x-amz-max-parts, x-amz-part-number-marker. invalid_argument in S3's
// words, with ArgumentName and ArgumentValue.
Result<AttributesQuery> read_attributes_query(const http::RequestHead& head);

std::string render_attributes(const AttributesQuery& wanted, const schema::ObjectPartList& list);

}  // namespace onput::gateway::s3
