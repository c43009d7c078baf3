#include "services/gateway/lambda/service.hpp"

#include <algorithm>
#include <array>

#include "services/gateway/aws/directory.hpp"
#include "services/gateway/lambda/errors.hpp"
#include "services/gateway/lambda/operation.hpp"

namespace onput::gateway::lambda {
namespace {

constexpr std::array handlers{
    aws::Handler{"AddLayerVersionPermission", &add_layer_version_permission},
    aws::Handler{"AddPermission", &add_permission},
    aws::Handler{"CreateAlias", &create_alias},
    aws::Handler{"CreateEventSourceMapping", &create_event_source_mapping},
    aws::Handler{"CreateFunction", &create_function},
    aws::Handler{"CreateFunctionUrlConfig", &create_function_url_config},
    aws::Handler{"DeleteAlias", &delete_alias},
    aws::Handler{"DeleteEventSourceMapping", &delete_event_source_mapping},
    aws::Handler{"DeleteFunction", &delete_function},
    aws::Handler{"DeleteFunctionConcurrency", &delete_function_concurrency},
    aws::Handler{"DeleteFunctionEventInvokeConfig", &delete_function_event_invoke_config},
    aws::Handler{"DeleteFunctionUrlConfig", &delete_function_url_config},
    aws::Handler{"DeleteLayerVersion", &delete_layer_version},
    aws::Handler{"GetAccountSettings", &get_account_settings},
    aws::Handler{"GetAlias", &get_alias},
    aws::Handler{"GetEventSourceMapping", &get_event_source_mapping},
    aws::Handler{"GetFunction", &get_function},
    aws::Handler{"GetFunctionCodeSigningConfig", &get_function_code_signing_config},
    aws::Handler{"GetFunctionConcurrency", &get_function_concurrency},
    aws::Handler{"GetFunctionConfiguration", &get_function_configuration},
    aws::Handler{"GetFunctionEventInvokeConfig", &get_function_event_invoke_config},
    aws::Handler{"GetFunctionRecursionConfig", &get_function_recursion_config},
    aws::Handler{"GetFunctionUrlConfig", &get_function_url_config},
    aws::Handler{"GetLayerVersion", &get_layer_version},
    aws::Handler{"GetLayerVersionByArn", &get_layer_version_by_arn},
    aws::Handler{"GetLayerVersionPolicy", &get_layer_version_policy},
    aws::Handler{"GetPolicy", &get_policy},
    aws::Handler{"GetRuntimeManagementConfig", &get_runtime_management_config},
    aws::Handler{"Invoke", &invoke},
    aws::Handler{"InvokeAsync", &invoke_async},
    aws::Handler{"ListAliases", &list_aliases},
    aws::Handler{"ListEventSourceMappings", &list_event_source_mappings},
    aws::Handler{"ListFunctionEventInvokeConfigs", &list_function_event_invoke_configs},
    aws::Handler{"ListFunctionUrlConfigs", &list_function_url_configs},
    aws::Handler{"ListFunctions", &list_functions},
    aws::Handler{"ListLayerVersions", &list_layer_versions},
    aws::Handler{"ListLayers", &list_layers},
    aws::Handler{"ListTags", &list_tags},
    aws::Handler{"ListVersionsByFunction", &list_versions_by_function},
    aws::Handler{"PublishLayerVersion", &publish_layer_version},
    aws::Handler{"PublishVersion", &publish_version},
    aws::Handler{"PutFunctionConcurrency", &put_function_concurrency},
    aws::Handler{"PutFunctionEventInvokeConfig", &put_function_event_invoke_config},
    aws::Handler{"PutFunctionRecursionConfig", &put_function_recursion_config},
    aws::Handler{"RemoveLayerVersionPermission", &remove_layer_version_permission},
    aws::Handler{"RemovePermission", &remove_permission},
    aws::Handler{"TagResource", &tag_resource},
    aws::Handler{"UntagResource", &untag_resource},
    aws::Handler{"UpdateAlias", &update_alias},
    aws::Handler{"UpdateEventSourceMapping", &update_event_source_mapping},
    aws::Handler{"UpdateFunctionCode", &update_function_code},
    aws::Handler{"UpdateFunctionConfiguration", &update_function_configuration},
    aws::Handler{"UpdateFunctionEventInvokeConfig", &update_function_event_invoke_config},
    aws::Handler{"UpdateFunctionUrlConfig", &update_function_url_config},
};
static_assert(std::ranges::is_sorted(handlers, {}, &aws::Handler::operation));

// A zip of 50 MiB as base64 in JSON, as Lambda takes it.
constexpr std::size_t lambda_request_bytes_max = 70'167'211;

}  // namespace

const aws::Service& service() {
    static const aws::RestRouter router(aws::lambda_model());
    static const aws::Service lambda{
        .name = "lambda",
        .model = &aws::lambda_model,
        .handlers = handlers,
        .asks = &asks,
        .find_subject = &find_subject,
        .router = &router,
        .name_of = [](const Error& error, aws::Protocol) { return name_of(error); },
        .refusal_reason = "InvalidParameterValue",
        .request_bytes_max = lambda_request_bytes_max,
    };
    return lambda;
}

}  // namespace onput::gateway::lambda
