#include "common/auth/managed_policies.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/auth/iam_arn.hpp"

namespace onput::auth {
namespace {

constexpr std::array policies{
    ManagedPolicy{"/service-role/", "AWSLambdaBasicExecutionRole",
                  R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[)"
                  R"("logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"],)"
                  R"("Resource":"*"}]})"},
    ManagedPolicy{"/service-role/", "AWSLambdaDynamoDBExecutionRole",
                  R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[)"
                  R"("dynamodb:DescribeStream","dynamodb:GetRecords","dynamodb:GetShardIterator",)"
                  R"("dynamodb:ListStreams","logs:CreateLogGroup","logs:CreateLogStream",)"
                  R"("logs:PutLogEvents"],"Resource":"*"}]})"},
    ManagedPolicy{"/", "AWSLambdaExecute",
                  R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:*"],)"
                  R"("Resource":"arn:aws:logs:*:*:*"},{"Effect":"Allow","Action":["s3:GetObject",)"
                  R"("s3:PutObject"],"Resource":"arn:aws:s3:::*"}]})"},
    ManagedPolicy{
        "/", "AWSLambdaFullAccess",
        R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[)"
        R"("cloudwatch:*","dynamodb:*","events:*","iam:GetPolicy","iam:GetPolicyVersion",)"
        R"("iam:GetRole","iam:GetRolePolicy","iam:ListAttachedRolePolicies",)"
        R"("iam:ListRolePolicies","iam:ListRoles","iam:PassRole","lambda:*","logs:*",)"
        R"("s3:*","sns:ListSubscriptions","sns:ListSubscriptionsByTopic",)"
        R"("sns:ListTopics","sns:Publish","sns:Subscribe","sns:Unsubscribe",)"
        R"("sqs:ListQueues","sqs:SendMessage","tag:GetResources"],"Resource":"*"}]})"},
    ManagedPolicy{"/service-role/", "AWSLambdaRole",
                  R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[)"
                  R"("lambda:InvokeFunction"],"Resource":"*"}]})"},
    ManagedPolicy{"/service-role/", "AWSLambdaSQSQueueExecutionRole",
                  R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[)"
                  R"("sqs:ReceiveMessage","sqs:DeleteMessage","sqs:GetQueueAttributes",)"
                  R"("logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"],)"
                  R"("Resource":"*"}]})"},
    ManagedPolicy{"/service-role/", "AWSLambdaVPCAccessExecutionRole",
                  R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[)"
                  R"("logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents",)"
                  R"("ec2:CreateNetworkInterface","ec2:DescribeNetworkInterfaces",)"
                  R"("ec2:DescribeSubnets","ec2:DeleteNetworkInterface",)"
                  R"("ec2:AssignPrivateIpAddresses","ec2:UnassignPrivateIpAddresses"],)"
                  R"("Resource":"*"}]})"},
    ManagedPolicy{"/", "AWSLambda_FullAccess",
                  R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["lambda:*",)"
                  R"("iam:GetPolicy","iam:GetPolicyVersion","iam:GetRole","iam:GetRolePolicy",)"
                  R"("iam:ListAttachedRolePolicies","iam:ListRolePolicies","iam:ListRoles",)"
                  R"("logs:DescribeLogGroups","states:DescribeStateMachine",)"
                  R"("states:ListStateMachines"],"Resource":"*"},{"Effect":"Allow",)"
                  R"("Action":"iam:PassRole","Resource":"*",)"
                  R"("Condition":{"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}},)"
                  R"({"Effect":"Allow","Action":["logs:DescribeLogStreams","logs:GetLogEvents",)"
                  R"("logs:FilterLogEvents"],)"
                  R"("Resource":"arn:aws:logs:*:*:log-group:/aws/lambda/*"}]})"},
    ManagedPolicy{"/", "AWSLambda_ReadOnlyAccess",
                  R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[)"
                  R"("lambda:Get*","lambda:List*","iam:GetPolicy","iam:GetPolicyVersion",)"
                  R"("iam:GetRole","iam:GetRolePolicy","iam:ListAttachedRolePolicies",)"
                  R"("iam:ListRolePolicies","iam:ListRoles","logs:DescribeLogGroups"],)"
                  R"("Resource":"*"},{"Effect":"Allow","Action":["logs:DescribeLogStreams",)"
                  R"("logs:GetLogEvents","logs:FilterLogEvents"],)"
                  R"("Resource":"arn:aws:logs:*:*:log-group:/aws/lambda/*"}]})"},
    ManagedPolicy{"/", "AWSStepFunctionsFullAccess",
                  R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"states:*",)"
                  R"("Resource":"*"}]})"},
    ManagedPolicy{"/", "AWSXRayDaemonWriteAccess",
                  R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[)"
                  R"("xray:PutTraceSegments","xray:PutTelemetryRecords","xray:GetSamplingRules",)"
                  R"("xray:GetSamplingTargets","xray:GetSamplingStatisticSummaries"],)"
                  R"("Resource":"*"}]})"},
    ManagedPolicy{"/", "AdministratorAccess",
                  R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*",)"
                  R"("Resource":"*"}]})"},
    ManagedPolicy{
        "/", "AmazonDynamoDBFullAccess",
        R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["dynamodb:*",)"
        R"("dax:*"],"Resource":"*"}]})"},
    ManagedPolicy{"/", "AmazonEventBridgeFullAccess",
                  R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["events:*",)"
                  R"("schemas:*","scheduler:*","pipes:*"],"Resource":"*"},{"Effect":"Allow",)"
                  R"("Action":"iam:PassRole","Resource":"arn:aws:iam::*:role/*",)"
                  R"("Condition":{"StringLike":{"iam:PassedToService":["events.amazonaws.com",)"
                  R"("scheduler.amazonaws.com","pipes.amazonaws.com"]}}}]})"},
    ManagedPolicy{"/", "AmazonPollyFullAccess",
                  R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["polly:*"],)"
                  R"("Resource":"*"}]})"},
    ManagedPolicy{"/", "AmazonPollyReadOnlyAccess",
                  R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[)"
                  R"("polly:DescribeVoices","polly:GetLexicon","polly:GetSpeechSynthesisTask",)"
                  R"("polly:ListLexicons","polly:ListSpeechSynthesisTasks",)"
                  R"("polly:SynthesizeSpeech"],"Resource":"*"}]})"},
    ManagedPolicy{"/", "AmazonRekognitionFullAccess",
                  R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[)"
                  R"("rekognition:*"],"Resource":"*"}]})"},
    ManagedPolicy{"/", "AmazonS3FullAccess",
                  R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*",)"
                  R"("s3-object-lambda:*"],"Resource":"*"}]})"},
    ManagedPolicy{"/", "AmazonS3ReadOnlyAccess",
                  R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*",)"
                  R"("s3:List*","s3:Describe*","s3-object-lambda:Get*","s3-object-lambda:List*"],)"
                  R"("Resource":"*"}]})"},
    ManagedPolicy{"/", "AmazonSNSFullAccess",
                  R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sns:*"],)"
                  R"("Resource":"*"}]})"},
    ManagedPolicy{"/", "AmazonSNSReadOnlyAccess",
                  R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[)"
                  R"("sns:GetTopicAttributes","sns:List*","sns:GetSubscriptionAttributes"],)"
                  R"("Resource":"*"}]})"},
    ManagedPolicy{"/", "AmazonSQSFullAccess",
                  R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sqs:*"],)"
                  R"("Resource":"*"}]})"},
    ManagedPolicy{"/", "AmazonSQSReadOnlyAccess",
                  R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[)"
                  R"("sqs:GetQueueAttributes","sqs:GetQueueUrl","sqs:ListDeadLetterSourceQueues",)"
                  R"("sqs:ListQueues","sqs:ListMessageMoveTasks","sqs:ListQueueTags"],)"
                  R"("Resource":"*"}]})"},
    ManagedPolicy{"/", "CloudWatchFullAccess",
                  R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[)"
                  R"("autoscaling:Describe*","cloudwatch:*","logs:*","sns:*","iam:GetPolicy",)"
                  R"("iam:GetPolicyVersion","iam:GetRole","oam:ListSinks"],"Resource":"*"},)"
                  R"({"Effect":"Allow","Action":["oam:ListAttachedLinks"],)"
                  R"("Resource":"arn:aws:oam:*:*:sink/*"}]})"},
    ManagedPolicy{"/", "CloudWatchLogsFullAccess",
                  R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:*",)"
                  R"("cloudwatch:GenerateQuery"],"Resource":"*"}]})"},
    ManagedPolicy{"/", "CloudWatchLogsReadOnlyAccess",
                  R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[)"
                  R"("logs:Describe*","logs:Get*","logs:List*","logs:FilterLogEvents",)"
                  R"("logs:TestMetricFilter"],"Resource":"*"}]})"},
    ManagedPolicy{"/", "IAMFullAccess",
                  R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:*"],)"
                  R"("Resource":"*"}]})"},
    ManagedPolicy{"/", "IAMReadOnlyAccess",
                  R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:Get*",)"
                  R"("iam:List*","iam:Simulate*"],"Resource":"*"}]})"},
    ManagedPolicy{"/", "PowerUserAccess",
                  R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":["iam:*",)"
                  R"("organizations:*","account:*"],"Resource":"*"},{"Effect":"Allow","Action":[)"
                  R"("iam:CreateServiceLinkedRole","iam:DeleteServiceLinkedRole","iam:ListRoles",)"
                  R"("organizations:DescribeOrganization","account:ListRegions",)"
                  R"("account:GetAccountInformation"],"Resource":"*"}]})"},
    ManagedPolicy{"/", "ReadOnlyAccess",
                  R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[)"
                  R"("events:Describe*","events:List*","events:TestEventPattern","iam:Get*",)"
                  R"("iam:List*","iam:Simulate*","lambda:Get*","lambda:List*","logs:Describe*",)"
                  R"("logs:FilterLogEvents","logs:Get*","logs:List*","polly:Describe*",)"
                  R"("polly:Get*","polly:List*","polly:SynthesizeSpeech","s3:Describe*","s3:Get*",)"
                  R"("s3:List*","scheduler:Get*","scheduler:List*","sns:Check*","sns:Get*",)"
                  R"("sns:List*","sqs:Get*","sqs:List*","sqs:Receive*"],"Resource":"*"}]})"},
    ManagedPolicy{
        "/", "SecurityAudit",
        R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[)"
        R"("events:Describe*","events:List*","events:TestEventPattern",)"
        R"("iam:GenerateCredentialReport","iam:GenerateServiceLastAccessedDetails",)"
        R"("iam:Get*","iam:List*","iam:SimulateCustomPolicy",)"
        R"("iam:SimulatePrincipalPolicy","lambda:GetAccountSettings",)"
        R"("lambda:GetFunctionConfiguration","lambda:GetFunctionEventInvokeConfig",)"
        R"("lambda:GetLayerVersionPolicy","lambda:GetPolicy","lambda:List*",)"
        R"("logs:Describe*","logs:GetLogDelivery","logs:ListLogDeliveries",)"
        R"("logs:ListTagsForResource","logs:ListTagsLogGroup",)"
        R"("s3:GetAccelerateConfiguration","s3:GetAccessPoint","s3:GetAccessPointPolicy",)"
        R"("s3:GetAccessPointPolicyStatus","s3:GetAccountPublicAccessBlock",)"
        R"("s3:GetAnalyticsConfiguration","s3:GetBucket*","s3:GetEncryptionConfiguration",)"
        R"("s3:GetInventoryConfiguration","s3:GetLifecycleConfiguration",)"
        R"("s3:GetMetricsConfiguration","s3:GetMultiRegionAccessPointPolicy",)"
        R"("s3:GetObjectAcl","s3:GetObjectVersionAcl","s3:GetReplicationConfiguration",)"
        R"("s3:ListAccessPoints","s3:ListAllMyBuckets","s3:ListMultiRegionAccessPoints",)"
        R"("sns:GetPlatformApplicationAttributes","sns:GetTopicAttributes",)"
        R"("sns:ListSubscriptions","sns:ListSubscriptionsByTopic",)"
        R"("sns:ListTagsForResource","sns:ListTopics","sqs:GetQueueAttributes",)"
        R"("sqs:ListDeadLetterSourceQueues","sqs:ListQueueTags","sqs:ListQueues",)"
        R"("sts:GetAccessKeyInfo"],"Resource":"*"}]})"},
    ManagedPolicy{"/job-function/", "ViewOnlyAccess",
                  R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[)"
                  R"("events:ListRuleNamesByTarget","events:ListRules",)"
                  R"("events:ListTargetsByRule","iam:List*","iam:GetAccountSummary",)"
                  R"("iam:GetLoginProfile","lambda:List*","logs:Describe*","polly:Describe*",)"
                  R"("polly:List*","s3:ListAllMyBuckets","s3:ListBucket","sns:List*",)"
                  R"("sqs:ListQueues"],"Resource":"*"}]})"},
};
static_assert(std::ranges::is_sorted(policies, {}, &ManagedPolicy::name));

}  // namespace

std::span<const ManagedPolicy> managed_policies() {
    return policies;
}

const ManagedPolicy* find_managed_policy(std::string_view name) {
    const auto* found = std::ranges::lower_bound(policies, name, {}, &ManagedPolicy::name);
    return found != policies.end() && found->name == name ? found : nullptr;
}

std::string managed_policy_arn(const ManagedPolicy& policy) {
    return fmt::format("arn:aws:iam::{}:policy{}{}", managed_policies_account, policy.path,
                       policy.name);
}

std::string managed_policy_id(const ManagedPolicy& policy) {
    const std::string id = user_id({.account = managed_policies_account, .user = policy.name});
    return "ANPA" + id.substr(4);
}

}  // namespace onput::auth
