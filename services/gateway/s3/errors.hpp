// S3's error names: from our errors' reasons and codes to status, code and message. Texts are those
// of AWS's error table.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "services/gateway/http/message.hpp"

namespace onput::gateway::s3 {

struct ErrorName {
    int status = 500;
    std::string_view code;
    std::string_view message;  // Empty: the error's own message is what clients expect.
};
ErrorName name_of(const Error& error);

// Of one request, shown in every answer.
struct AnswerIds {
    std::string request_id;
    std::string host_id;
};

// What the request addressed. An error about one of them names it, in an element of its own.
struct Subject {
    std::string_view path;  // As it was sent.
    std::string_view bucket{};
    std::string_view key{};
};

// The whole answer. Details named x-amz-... are headers of it, the others elements. 304 has headers
// instead of a body; of an answer to HEAD the caller takes it
// off.
struct ErrorAnswer {
    const Error& error;
    Subject subject;
    AnswerIds ids;
};
http::Response render_error(const ErrorAnswer& answer);

// An answer that has a name but no Error behind it.
http::Response render_named_error(const ErrorName& name, const AnswerIds& ids);

// The refusal of what does not exist here.
std::unexpected<Error> not_implemented(std::string_view what);

// In S3's words, for a header that it does not implement either. `why`: what is wrong with its
// value; empty: it is not for this kind of bucket at all.
std::unexpected<Error> header_not_implemented(std::string header, std::string why = {});

// InvalidArgument, with ArgumentName and ArgumentValue.
std::unexpected<Error> invalid_argument(std::string message, std::string name, std::string value);

}  // namespace onput::gateway::s3
