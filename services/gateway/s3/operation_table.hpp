// OperationTable: how the operations of S3 are told apart, by the HTTP traits of S3's model:
// method, what is addressed, and the query parameters and headers that an operation must have. Made
// once.
//
//     GET  /b            ListObjects              PUT /b/k                            PutObject
//     GET  /b?list-type  ListObjectsV2            PUT /b/k  x-amz-copy-source: ..     CopyObject
//     GET  /b?acl        GetBucketAcl             PUT /b/k?partNumber&uploadId        UploadPart
#pragma once

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "services/gateway/aws/model.hpp"
#include "services/gateway/http/message.hpp"

namespace onput::gateway::s3 {

enum class Target { service, bucket, object };

class OperationTable {
public:
    struct Entry {
        const aws::Operation* operation = nullptr;
        std::vector<std::string_view> parameters;  // All of them are in the query.
        std::vector<std::string_view> headers;     // All of them are sent.

        // Whether it must or may have this query parameter.
        [[nodiscard]] bool takes(std::string_view parameter) const;
    };

    // `implemented`: names of operations. Of two that look the same on the wire, they win.
    OperationTable(const aws::Model& model, std::span<const std::string_view> implemented);

    struct Sent {
        const http::RequestHead& head;
        Target target = Target::service;
        std::span<const std::string_view> parameters;  // Names of the query.
    };
    // The operation that has most of what was sent; null when there is none.
    [[nodiscard]] const Entry* find(const Sent& sent) const;

    // A parameter that makes a request ask for something else than the bucket or the object itself,
    // by whatever method. All others refine an operation or mean nothing.
    [[nodiscard]] bool is_sub_resource(Target target, std::string_view parameter) const;
    // Whether that is so of anything that can be addressed.
    [[nodiscard]] bool is_sub_resource(std::string_view parameter) const;

private:
    struct Group {
        std::string_view method;
        Target target = Target::service;
        std::vector<Entry> entries;  // The most particular ones first.
    };
    void add(const aws::Operation& operation, Target target);
    [[nodiscard]] std::vector<std::string_view>& sub_resources_of(Target target);
    void sort(std::span<const std::string_view> implemented);

    std::vector<Group> groups_;
    std::array<std::vector<std::string_view>, 3> sub_resources_;  // By target; sorted.
    std::vector<std::string_view> anywhere_;  // Of any target, without those that have a value.
};

}  // namespace onput::gateway::s3
