// Directory: the models of the services that are served, and what is known of every other service
// of AWS, so that a request for one can be refused by name.
#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "services/gateway/aws/model.hpp"

namespace onput::gateway::aws {

// Each is parsed when it is asked for first. Any thread; they live as long as the process.
const Model& events_model();
const Model& iam_model();
const Model& lambda_model();
const Model& logs_model();
const Model& polly_model();
const Model& s3_model();
const Model& scheduler_model();
const Model& sns_model();
const Model& sqs_model();
const Model& sts_model();

// One service of AWS. All texts live for ever.
struct ServiceEntry {
    std::string_view signing_name{};     // In the scope of a signature: "dynamodb".
    std::string_view endpoint_prefix{};  // "dynamodb"
    std::string_view version{};          // "2012-08-10"
    std::string_view target_prefix{};    // "DynamoDB_20120810"; empty: none.
    std::string_view title{};            // "DynamoDB"
    std::vector<Protocol> protocols{};   // The one that clients prefer first.

    [[nodiscard]] bool speaks(Protocol protocol) const;
};

// All of AWS's services, in maps that are made once. Any thread.
class Directory {
public:
    static const Directory& get();

    // Null when there is none. Several services may share a signing name or a version: `version`,
    // if one of them has it, decides between those of one signing name.
    [[nodiscard]] const ServiceEntry* by_signing_name(std::string_view name,
                                                      std::string_view version) const;
    [[nodiscard]] const ServiceEntry* by_target_prefix(std::string_view prefix) const;
    [[nodiscard]] const ServiceEntry* by_endpoint_prefix(std::string_view prefix) const;
    [[nodiscard]] const ServiceEntry* by_version(
        std::string_view version) const;  // Of the query protocols.

private:
    Directory();

    std::vector<ServiceEntry> entries_;  // Sorted by signing name.
    std::multimap<std::string_view, const ServiceEntry*> by_signing_name_;
    std::map<std::string_view, const ServiceEntry*> by_target_;
    std::map<std::string_view, const ServiceEntry*> by_endpoint_;
    std::map<std::string_view, const ServiceEntry*> by_version_;
};

}  // namespace onput::gateway::aws
