// The commands of `onput`, one function each. Each prints its result to stdout, narration and
// errors to stderr, and returns the exit code. cli.cpp turns arguments into these.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "services/ctl/exit_code.hpp"

namespace onput::ctl {

enum class OutputFormat { table, json };

// What every command takes.
struct GlobalOptions {
    std::string data;  // --data
    OutputFormat output = OutputFormat::table;
    bool quiet = false;  // No progress, no narration.
};

struct DevOptions {
    std::uint16_t port = 4566;  // 0: a free one.
    std::uint32_t tts_workers = 1;
    std::uint32_t image_workers = 1;
    std::uint32_t function_workers = 1;  // Left out where bubblewrap is not installed.
    bool has_pipeline = true;            // Apply the default pipelines.
    std::vector<std::string> pipelines;
    std::string log_level = "info";
};
ExitCode run_dev(const GlobalOptions& global, const DevOptions& options);

struct DemoOptions {
    std::string text_file;   // Empty: a text of its own.
    std::string photo_file;  // Empty: a picture of its own.
    std::uint32_t timeout_s = 120;
};
ExitCode run_demo(const GlobalOptions& global, const DemoOptions& options);

struct TraceOptions {
    std::string subject;       // s3://bucket/key, an event id or a trace id.
    std::uint32_t wait_s = 0;  // Wait until the story ends with a result or a dead letter.
};
ExitCode run_trace(const GlobalOptions& global, const TraceOptions& options);

struct ExplainOptions {
    std::string subject;  // s3://bucket/key
    std::string event = "s3:ObjectCreated:Put";
};
ExitCode run_explain(const GlobalOptions& global, const ExplainOptions& options);

struct FailuresOptions {
    std::string subject;  // s3://bucket/key, or the name of a dead-letter queue; empty: all.
    std::uint32_t count = 100;
};
ExitCode run_failures(const GlobalOptions& global, const FailuresOptions& options);

struct RedriveOptions {
    std::string subject;                // As of FailuresOptions; never empty.
    std::string to;                     // A queue's name; empty: where each came from.
    std::optional<std::uint32_t> rate;  // Messages a second.
};
ExitCode run_redrive(const GlobalOptions& global, const RedriveOptions& options);

struct ReplicateOptions {
    std::string bucket;
    std::string prefix;
    bool failed = false;   // Only what failed.
    bool dry_run = false;  // Only counts.
};
// Of what was there before its bucket's replication rules, or failed.
ExitCode run_replicate(const GlobalOptions& global, const ReplicateOptions& options);

struct UnlockOptions {
    std::string subject;  // An ARN, "sqs:QUEUE" or "sns:TOPIC".
};
ExitCode run_unlock(const GlobalOptions& global, const UnlockOptions& options);

struct SpeakOptions {
    std::string text;  // Empty or "-": standard input.
    std::string voice = "en";
    std::string engine;              // Empty: the voice's.
    std::string output;              // A file; empty: standard output.
    std::string format;              // Empty: by the file's name, else mp3.
    std::uint32_t sample_rate = 0;   // 0: the format's.
    std::vector<std::string> marks;  // Of the format json.
    bool is_ssml = false;
    bool plays = false;
};
ExitCode run_speak(const GlobalOptions& global, const SpeakOptions& options);

struct VoicesOptions {
    std::string language;  // A prefix: "en", "en-GB"; empty: all.
};
ExitCode run_voices(const GlobalOptions& global, const VoicesOptions& options);

struct VoicesInstallOptions {
    std::string pack;  // "hibari"
    std::string from;  // A folder with the packages' files; empty: pip fetches them.
    std::string to;    // Empty: voices_folder().
};
ExitCode run_voices_install(const GlobalOptions& global, const VoicesInstallOptions& options);
// Where voices are installed: ONPUT_VOICES_DIR, or beside this program.
std::string voices_folder();

struct FunctionOptions {
    std::string name;  // Of deploy: empty: the code's, without its ending.
    // Of deploy.
    std::string code;     // A file, a folder or a zip.
    std::string runtime;  // Empty: by the file's name.
    std::string handler;  // Empty: "<file>.lambda_handler", "<file>.handler".
    std::string role;     // A name, or an ARN; empty: it keeps that which it has.
    std::uint32_t memory_mb = 128;
    std::uint32_t timeout_s = 60;
    std::map<std::string, std::string> environment;
    std::string on;  // s3://BUCKET, whose new objects invoke it.
    std::string prefix;
    std::string suffix;
    bool has_url = false;
    std::string url_auth = "AWS_IAM";  // Or "NONE": everybody may invoke it there.
    // Of invoke: JSON, or "-": standard input.
    std::string payload = "{}";
    bool shows_log = false;
};
ExitCode run_function_deploy(const GlobalOptions& global, const FunctionOptions& options);
ExitCode run_function_list(const GlobalOptions& global);
ExitCode run_function_show(const GlobalOptions& global, const FunctionOptions& options);
// `failed` when the handler fails; its answer is printed all the same.
ExitCode run_function_invoke(const GlobalOptions& global, const FunctionOptions& options);
ExitCode run_function_remove(const GlobalOptions& global, const FunctionOptions& options);

struct LogsOptions {
    std::string name;     // A function, or a log group with '/' in its name.
    std::string since;    // As of TailSettings; empty: the last lines.
    std::string filter;   // A filter pattern of CloudWatch Logs.
    std::string request;  // Only the invocation with this request id.
    std::uint32_t lines = 100;
    bool follow = false;
};
ExitCode run_logs(const GlobalOptions& global, const LogsOptions& options);

ExitCode run_status(const GlobalOptions& global);
// Is the service that answers this URL ready? For container engines: 0 or 1.
ExitCode run_healthcheck(const GlobalOptions& global, const std::string& url);
ExitCode run_doctor(const GlobalOptions& global);

struct FsckOptions {
    bool repair = false;
    std::string cold_data;  // --cold-data; empty: as setting.hpp finds it.
    bool contents = false;
    std::string bucket;  // contents: of this one alone; empty: all of the account.
};
// For a stopped instance. `ok` when nothing is damaged, or everything that was is repaired.
ExitCode run_fsck(const GlobalOptions& global, const FsckOptions& options);
// For a running one. `ok` when the bytes of all versions are what their tags and checksums say.
ExitCode run_fsck_contents(const GlobalOptions& global, const FsckOptions& options);

// Of a running instance, into `target`, a directory on the machines of its services.
ExitCode run_backup(const GlobalOptions& global, const std::string& target);

struct RestoreOptions {
    std::string backup;
    std::vector<std::string> services;  // Only the parts of these; empty: all.
    std::string cold_data;              // --cold-data; empty: as setting.hpp finds it.
};
// Into a data directory that is empty or not there.
ExitCode run_restore(const GlobalOptions& global, const RestoreOptions& options);

struct EnvOptions {
    std::string shell = "sh";  // sh, fish or json.
};
ExitCode run_env(const GlobalOptions& global, const EnvOptions& options);
ExitCode run_aws(const GlobalOptions& global, const std::vector<std::string>& arguments);

ExitCode run_pipeline_apply(const GlobalOptions& global, const std::vector<std::string>& files);

struct BenchOptions {
    std::string what;
    std::uint32_t clients = 0;     // 0: what fits the bench.
    std::uint64_t size_bytes = 0;  // 0: likewise.
    std::uint32_t seconds = 5;
    std::uint64_t objects = 0;        // list, delete: that are there; 0: what fits the bench.
    std::string at;                   // Of objects: an S3 endpoint; empty: an Onput.
    std::string access_key = "test";  // For `at`.
    std::string secret = "test";
    std::string engine;          // speak: "standard", "neural"; empty: the voice's own.
    std::uint32_t credit = 64;   // queue: of each worker.
    bool one_at_a_time = false;  // queue.
};
ExitCode run_bench(const GlobalOptions& global, const BenchOptions& options);

}  // namespace onput::ctl
