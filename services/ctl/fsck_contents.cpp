// `onput fsck --contents`: reads every version of a running instance as clients read it, and
// compares its bytes with its entity tag and its checksums.
#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "common/base/printable.hpp"
#include "common/json/writer.hpp"
#include "common/schema/storage.hpp"
#include "common/schema/storage_uploads.hpp"
#include "common/schema/storage_versions.hpp"
#include "services/ctl/commands.hpp"
#include "services/ctl/content_check.hpp"
#include "services/ctl/find_instance.hpp"
#include "services/ctl/output.hpp"
#include "services/ctl/peers.hpp"

namespace onput::ctl {
namespace {

constexpr std::size_t faults_max = 1000;

// Version ids matter where a bucket has them.
struct Version {
    std::string bucket;
    std::string key;
    std::string id;

    [[nodiscard]] std::string name() const {
        const std::string object = printable(fmt::format("s3://{}/{}", bucket, key));
        return id.empty() || id == "null" ? object : fmt::format("{} version {}", object, id);
    }
};

struct Contents {
    std::uint64_t versions = 0;
    std::uint64_t bytes = 0;
    std::uint64_t sealed = 0;    // By a client's own key: nobody here can read them.
    std::uint64_t archived = 0;  // Nobody can, before they are restored.
    std::uint64_t fault_count = 0;
    std::vector<std::string> faults;  // The first faults_max.

    void find(std::string fault) {
        ++fault_count;
        if (faults.size() < faults_max) faults.push_back(std::move(fault));
    }
};

class ContentsReader {
public:
    ContentsReader(Peers& peers, Progress& progress) : peers_(peers), progress_(progress) {}

    Result<Contents> read_all(const std::string& wanted_bucket) {
        ONPUT_TRY(const auto buckets, peers_.ask(peers_.storage(), schema::ListBuckets{}));
        for (const auto& bucket : buckets.buckets) {
            if (wanted_bucket.empty() || bucket.name == wanted_bucket)
                ONPUT_TRY_VOID(read_bucket(bucket.name));
        }
        const bool is_there = wanted_bucket.empty() ||
                              std::ranges::find(buckets.buckets, wanted_bucket,
                                                &schema::BucketInfo::name) != buckets.buckets.end();
        if (!is_there)
            return fail(
                ErrorCode::not_found,
                fmt::format("bucket {}: this account has none of that name", wanted_bucket));
        return std::move(contents_);
    }

private:
    Result<void> read_bucket(const std::string& bucket) {
        schema::ListVersions request{.bucket = bucket};
        while (true) {
            ONPUT_TRY(const auto page, peers_.ask(peers_.storage(), request));
            for (const auto& version : page.versions) {
                if (version.is_delete_marker) continue;
                ONPUT_TRY_VOID(read_version({bucket, version.object.key, version.version_id}));
            }
            if (!page.is_truncated) return {};
            request.after_key = page.next_key;
            request.after_version_id = page.next_version_id;
        }
    }

    // What was deleted since it was listed is passed. An error: the instance is gone.
    Result<void> read_version(const Version& version) {
        schema::GetObject request{.bucket = version.bucket, .key = version.key};
        request.version_id = version.id;
        std::vector<transport::Frame> attached;
        const auto got = peers_.ask(peers_.storage(), request, attached);
        if (!got) return note_refusal(version, got.error());
        auto parts = parts_of(version, got->object);
        if (!parts) return note_refusal(version, parts.error());
        ContentCheck check(got->object, *std::move(parts));
        for (const auto& frame : attached) check.update(frame.view());
        std::uint64_t at = got->read_id == 0 ? got->length : 0;
        while (at < got->length) {
            const auto length = static_cast<std::uint32_t>(
                std::min<std::uint64_t>(got->length - at, schema::chunk_bytes_max));
            const schema::ReadObject read{.read_id = got->read_id, .offset = at, .length = length};
            if (const auto piece = peers_.ask(peers_.storage(), read, attached); !piece) {
                close(*got);
                return note_refusal(version, piece.error());
            }
            for (const auto& frame : attached) check.update(frame.view());
            at += length;
            show(at);
        }
        close(*got);
        ++contents_.versions;
        contents_.bytes += got->length;
        show(0);
        for (const auto& fault : check.finish())
            contents_.find(fmt::format("{}: {}", version.name(), fault));
        return {};
    }

    // A session that stays open ends by itself.
    void close(const schema::ObjectGot& got) {
        if (got.read_id == 0) return;
        static_cast<void>(peers_.ask(peers_.storage(), schema::CloseRead{.read_id = got.read_id}));
    }

    Result<std::vector<std::uint64_t>> parts_of(const Version& version,
                                                const schema::ObjectInfo& object) {
        std::vector<std::uint64_t> sizes;
        if (object.parts_count == 0) return sizes;
        schema::ListObjectParts request{.bucket = version.bucket, .key = version.key};
        request.version_id = version.id;
        while (true) {
            ONPUT_TRY(const auto page, peers_.ask(peers_.storage(), request));
            for (const auto& part : page.parts) sizes.push_back(part.size_bytes);
            if (!page.is_truncated || page.parts.empty()) return sizes;
            request.after = page.parts.back().number;
        }
    }

    Result<void> note_refusal(const Version& version, const Error& error) {
        if (error.reason == "customer_key_missing") {
            ++contents_.sealed;
        } else if (error.reason == "invalid_object_state") {
            ++contents_.archived;
        } else if (error.code == ErrorCode::corruption) {
            ++contents_.versions;
            contents_.find(fmt::format("{}: {}", version.name(), error.message));
        } else if (error.code != ErrorCode::not_found) {
            return std::unexpected(error);
        }
        return {};
    }

    void show(std::uint64_t bytes_of_this) {
        progress_.show(fmt::format("{} versions read, {}, {} faults ...", contents_.versions,
                                   human_bytes(contents_.bytes + bytes_of_this),
                                   contents_.fault_count));
    }

    Peers& peers_;
    Progress& progress_;
    Contents contents_;
};

void print_json(const Contents& contents) {
    json::Writer out;
    out.begin_object();
    out.name("sound");
    out.boolean(contents.fault_count == 0);
    const auto number = [&out](std::string_view name, std::uint64_t value) {
        out.name(name);
        out.natural(value);
    };
    number("versions", contents.versions);
    number("bytes", contents.bytes);
    number("sealed_by_clients", contents.sealed);
    number("archived", contents.archived);
    number("fault_count", contents.fault_count);
    out.name("faults");
    out.begin_array();
    for (const auto& fault : contents.faults) out.text_or_base64(fault);
    out.end_array();
    out.end_object();
    fmt::print("{}\n", out.take());
}

void print_text(const Contents& contents) {
    for (const auto& fault : contents.faults) fmt::print("{}\n", fault);
    if (contents.fault_count > contents.faults.size())
        fmt::print("and {} faults more\n", contents.fault_count - contents.faults.size());
    fmt::print("{} versions ({}) were read", contents.versions, human_bytes(contents.bytes));
    if (contents.sealed > 0)
        fmt::print("; {} are sealed by clients' own keys and were not", contents.sealed);
    if (contents.archived > 0)
        fmt::print("; {} are archived and were not: their bytes are checked without --contents",
                   contents.archived);
    fmt::print("\n{}\n", contents.fault_count == 0 ? "all are what their tags and checksums say"
                                                   : "put those again, or delete them");
}

}  // namespace

ExitCode run_fsck_contents(const GlobalOptions& global, const FsckOptions& options) {
    const auto instance = find_running(data_directory(global.data));
    if (!instance) return report("fsck", instance.error());
    transport::Context context;
    transport::Loop loop(context);
    Peers peers(loop, *instance);
    Progress progress({.quiet = global.quiet});
    ContentsReader reader(peers, progress);
    const auto contents = reader.read_all(options.bucket);
    progress.clear();
    if (!contents) return report("fsck", contents.error());
    if (global.output == OutputFormat::json) {
        print_json(*contents);
    } else {
        print_text(*contents);
    }
    return contents->fault_count == 0 ? ExitCode::ok : ExitCode::failed;
}

}  // namespace onput::ctl
