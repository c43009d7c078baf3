// The S3 operations that exist here, and how a request finds its own: by S3's model
// (operation_table.hpp). In an operation the HTTP request becomes our message, and our reply
// becomes the HTTP answer. What S3 has and this has not is refused with 501 before anything is
// touched.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "services/gateway/request_context.hpp"
#include "services/gateway/s3/address.hpp"

namespace onput::gateway::s3 {

struct S3Request {
    RequestContext& context;
    Address address;
    http::RequestHead head;  // With the headers that a presigned URL carries as parameters.

    [[nodiscard]] std::string header_text(std::string_view name) const {
        return std::string(head.header(name).value_or(""));
    }
};

// An operation answers the exchange itself when it succeeds, or returns why not, before it has
// answered anything.
using Outcome = http::Task<Result<void>>;
using Run = Outcome (*)(S3Request&);

struct Operation {
    std::string_view name;  // "PutObject", for metrics and messages.
    Run run = nullptr;
};

// What the operation of a request is found by.
struct Lookup {
    const http::RequestHead& head;
    const Address& address;
    const std::vector<http::QueryParameter>& query;
};

// Pure. Errors:
//   unimplemented     the operation, or something that a header asks of it, does not exist here;
//                     its name, if S3's model has one, is the detail Operation
//   invalid_argument  method_not_allowed where S3 has no such thing; key_too_long; two
//                     sub-resources at once; invalid_expected_owner: what
//                     x-amz-expected-bucket-owner names is no account
//   conflict          precondition_failed: a POST on a bucket that is no form
// A parameter that is no sub-resource of S3 is passed over, as S3 does.
Result<Operation> find_operation(const Lookup& lookup);

// An upload by a browser's form, which brings its signature, if any, in its fields.
bool is_form_upload(const http::RequestHead& head, const Address& address,
                    const std::vector<http::QueryParameter>& query);

// Headers, or fields of a form, that ask for what cannot be done are refused: unimplemented;
// invalid_argument for a part of a customer's key.
Result<void> check_headers(const http::RequestHead& head);

// x-amz-expected-bucket-owner, or another header that names an owner, names an account or is not
// there. Whether it is the owner storage finds out.
Result<void> check_expected_owner(const http::RequestHead& head,
                                  std::string_view header = "x-amz-expected-bucket-owner");

// What storage will judge the request by, as that operation.
void set_access(S3Request& request, std::string_view operation);

// Runs it. What is wrong with the document of a request is told to those who may put one: before
// such an error is answered, storage is asked for the bucket and whether the caller may.
Outcome run_operation(const Operation& operation, S3Request& request);

// Of all operations that there are.
std::vector<std::string_view> operation_names();

Outcome list_buckets(S3Request& request);
Outcome create_bucket(S3Request& request);
Outcome head_bucket(S3Request& request);
Outcome delete_bucket(S3Request& request);
Outcome get_bucket_location(S3Request& request);
Outcome get_bucket_versioning(S3Request& request);
Outcome put_bucket_versioning(S3Request& request);
Outcome put_bucket_lifecycle(S3Request& request);
Outcome get_bucket_lifecycle(S3Request& request);
Outcome delete_bucket_lifecycle(S3Request& request);
Outcome put_bucket_replication(S3Request& request);
Outcome get_bucket_replication(S3Request& request);
Outcome delete_bucket_replication(S3Request& request);
Outcome restore_object(S3Request& request);
Outcome list_object_versions(S3Request& request);
Outcome list_objects_v1(S3Request& request);
Outcome list_objects_v2(S3Request& request);
Outcome put_notification(S3Request& request);
Outcome get_notification(S3Request& request);
Outcome put_object(S3Request& request);
Outcome get_object(S3Request& request);
Outcome head_object(S3Request& request);
Outcome get_object_attributes(S3Request& request);
Outcome create_multipart_upload(S3Request& request);
Outcome upload_part(S3Request& request);
Outcome complete_multipart_upload(S3Request& request);
Outcome abort_multipart_upload(S3Request& request);
Outcome copy_object(S3Request& request);
Outcome upload_part_copy(S3Request& request);
Outcome list_parts(S3Request& request);
Outcome list_multipart_uploads(S3Request& request);
Outcome post_object(S3Request& request);
Outcome delete_object(S3Request& request);
Outcome delete_objects(S3Request& request);
Outcome put_object_tagging(S3Request& request);
Outcome get_object_tagging(S3Request& request);
Outcome delete_object_tagging(S3Request& request);
Outcome put_object_lock_configuration(S3Request& request);
Outcome get_object_lock_configuration(S3Request& request);
Outcome put_object_retention(S3Request& request);
Outcome get_object_retention(S3Request& request);
Outcome put_object_legal_hold(S3Request& request);
Outcome get_object_legal_hold(S3Request& request);

// Answers with an XML document, or with none when `body` is empty.
struct Reply {
    int status = 200;
    std::string body{};
    std::vector<std::pair<std::string, std::string>> headers{};
};
Outcome respond(S3Request& request, Reply reply);

// The headers every S3 answer carries.
std::vector<std::pair<std::string, std::string>> common_headers(const RequestContext& context);

}  // namespace onput::gateway::s3
