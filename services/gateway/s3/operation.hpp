// The S3 operations that exist here, and how a request finds its own. Each operation is a file: the
// HTTP request becomes our message, our reply becomes the HTTP answer. What is not in the table is
// refused with 501 before anything is touched.
#pragma once

#include <string>

#include "services/gateway/request_context.hpp"
#include "services/gateway/s3/address.hpp"

namespace onput::gateway::s3 {

struct S3Request {
    RequestContext& context;
    Address address;
};

// An operation answers the exchange itself when it succeeds, or returns why not, before it has
// answered anything.
using Outcome = http::Task<Result<void>>;
using Run = Outcome (*)(S3Request&);

struct Operation {
    std::string_view name;  // "PutObject", for metrics and messages.
    Run run = nullptr;
};

// By method, what is addressed, and sub-resource. unimplemented names what was asked;
// method_not_allowed where S3 has no such thing.
Result<Operation> find_operation(const S3Request& request);

Outcome list_buckets(S3Request& request);
Outcome create_bucket(S3Request& request);
Outcome head_bucket(S3Request& request);
Outcome delete_bucket(S3Request& request);
Outcome get_bucket_location(S3Request& request);
Outcome get_bucket_versioning(S3Request& request);
Outcome list_objects_v1(S3Request& request);
Outcome list_objects_v2(S3Request& request);
Outcome put_notification(S3Request& request);
Outcome get_notification(S3Request& request);
Outcome put_object(S3Request& request);
Outcome get_object(S3Request& request);
Outcome head_object(S3Request& request);
Outcome delete_object(S3Request& request);

// Answers with an XML document, or with none when `body` is empty.
struct Reply {
    int status = 200;
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
};
Outcome respond(S3Request& request, Reply reply);

// The headers every S3 answer carries.
std::vector<std::pair<std::string, std::string>> common_headers(const RequestContext& context);

}  // namespace onput::gateway::s3
