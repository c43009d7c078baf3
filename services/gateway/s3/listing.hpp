// What a listing asks for, and how it is written, in both versions of ListObjects. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/schema/storage_objects.hpp"
#include "services/gateway/http/message.hpp"
#include "services/gateway/http/target.hpp"

namespace onput::gateway::s3 {

struct ListQuery {
    schema::ListObjects message;
    bool is_url_encoded = false;  // encoding-type=url: names are form-encoded, '/' stays.
    bool wants_owner = false;
    bool wants_restore = false;      // Of archived objects, what becomes of them.
    std::string continuation_token;  // Version 2, as sent.
    std::string start_after;         // Version 2, as sent.
};

// invalid_argument in S3's words, with ArgumentName and ArgumentValue.
Result<ListQuery> read_list_v1(const std::string& bucket,
                               const std::vector<http::QueryParameter>& query);
Result<ListQuery> read_list_v2(const std::string& bucket,
                               const std::vector<http::QueryParameter>& query);

// Whether names are to be form-encoded: encoding-type=url. invalid_argument for another one.
Result<bool> read_url_encoding(const std::vector<http::QueryParameter>& query);

// Of an object, as lists show it: that of most is kept empty.
std::string_view shown_storage_class(std::string_view storage_class);

// Whether a list is to tell what is being restored: the header x-amz-optional-object-attributes.
// invalid_argument for anything else in it.
Result<bool> read_optional_attributes(const http::RequestHead& head);
bool is_archived(const schema::ObjectSummary& object);

std::string render_list_v1(const ListQuery& wanted, const schema::ObjectList& list);
std::string render_list_v2(const ListQuery& wanted, const schema::ObjectList& list);

}  // namespace onput::gateway::s3
