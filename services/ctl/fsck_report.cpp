#include "services/ctl/fsck_report.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>

#include <fmt/format.h>

#include "common/base/printable.hpp"
#include "common/json/writer.hpp"
#include "common/schema/json.hpp"
#include "common/schema/object_record.hpp"

namespace onput::ctl {
namespace {

// One line of a folder's report.
template <typename... Values>
void add_line(std::string& text, const std::string& folder, fmt::format_string<Values...> form,
              Values&&... values) {
    fmt::format_to(std::back_inserter(text), "{}: ", folder);
    fmt::format_to(std::back_inserter(text), form, std::forward<Values>(values)...);
    text += '\n';
}

void add_rows(std::string& text, const std::string& folder, const store::RowsCheck& check) {
    add_line(text, folder, "{} rows can be read", check.rows);
    if (check.unopenable) add_line(text, folder, "cannot be opened: {}", *check.unopenable);
    if (check.changes_lost > 0) {
        add_line(text, folder, "the log ends {} changes before what was durable",
                 check.changes_lost);
    }
    for (const auto& gap : check.gaps) {
        add_line(text, folder, "rows after {} and before {} cannot be read: {}",
                 gap.after.empty() ? "the first" : gap.after,
                 gap.before.empty() ? "the end" : gap.before, gap.reason);
    }
    if (check.gap_count > check.gaps.size()) {
        add_line(text, folder, "and {} gaps more", check.gap_count - check.gaps.size());
    }
    if (check.kept.empty()) return;
    add_line(text, folder, "repaired; the old files are kept in {}", check.kept);
    add_line(text, folder,
             "while {} is there, no blob without a row is removed: remove it once you need nothing "
             "of what was lost",
             store::rows_lost_file);
}

void add_blobs(std::string& text, const std::string& folder, const store::BlobsCheck& check) {
    add_line(text, folder, "{} blobs are whole, {} of them without checksums", check.sound,
             check.unsummed);
    for (const auto& fault : check.faults) fmt::format_to(std::back_inserter(text), "{}\n", fault);
    if (check.fault_count > check.faults.size()) {
        add_line(text, folder, "and {} faults more", check.fault_count - check.faults.size());
    }
}

void number(json::Writer& out, std::string_view name, std::uint64_t value) {
    out.name(name);
    out.natural(value);
}

void text(json::Writer& out, std::string_view name, std::string_view value) {
    out.name(name);
    out.text_or_base64(value);
}

void write_rows(json::Writer& out, const store::RowsCheck& check) {
    out.begin_object();
    number(out, "readable", check.rows);
    number(out, "changes_lost", check.changes_lost);
    out.name("unopenable");
    check.unopenable ? out.text(*check.unopenable) : out.null();
    out.name("kept");
    check.kept.empty() ? out.null() : out.text(check.kept);
    number(out, "gap_count", check.gap_count);
    out.name("gaps");
    out.begin_array();
    for (const auto& gap : check.gaps) {
        out.begin_object();
        text(out, "after", gap.after);
        text(out, "before", gap.before);
        text(out, "reason", gap.reason);
        out.end_object();
    }
    out.end_array();
    out.end_object();
}

void write_blobs(json::Writer& out, const FolderReport& report) {
    out.begin_object();
    number(out, "whole", report.blobs->sound);
    number(out, "without_checksums", report.blobs->unsummed);
    number(out, "fault_count", report.blobs->fault_count);
    out.name("faults");
    schema::detail::write_json(out, report.blobs->faults);
    number(out, "missing_count", report.missing_count);
    const auto write = [&out](std::string_view name, const std::vector<MissingBlob>& blobs) {
        out.name(name);
        out.begin_array();
        for (const auto& blob : blobs) {
            out.begin_object();
            text(out, "object", blob.object);
            text(out, "blob", blob.blob);
            out.end_object();
        }
        out.end_array();
    };
    write("missing", report.missing);
    write("nameless", report.nameless);
    out.end_object();
}

// The text of a row's key before what is not for reading: the age of a version, the number of a
// part.
std::string_view without_tail(std::string_view name) {
    const std::size_t nul = name.find('\0');
    return name.substr(0, nul == std::string_view::npos ? name.rfind('/') : nul);
}

}  // namespace

bool FolderReport::is_sound() const {
    const bool are_rows_sound = !rows || rows->is_sound() || !rows->kept.empty();
    return failures.empty() && are_rows_sound && (!blobs || blobs->is_sound()) &&
           missing_count == 0 && fit.fault_count() == 0;
}

void FolderReport::finish() {
    // What a repair has lost is not counted any more before the next start.
    const bool has_lost =
        std::filesystem::exists(fmt::format("{}/{}", folder, store::rows_lost_file));
    fit.finish(rows && rows->is_sound() && !has_lost);
    if (blobs && blobs->places.size() > referenced) {
        unreferenced = blobs->places.size() - referenced;
    }
}

void FolderReport::see_row(std::string_view key, std::string_view value) {
    if (!blobs) return;
    fit.see(key, value);
    if (key.starts_with(schema::object_rows_prefix)) {
        const auto row = schema::decode<schema::ObjectRecord>(value);
        const std::string name(key.substr(schema::object_rows_prefix.size()));
        if (row) see_blob(name, row->blob);
        if (row) see_blob(fmt::format("the restored copy of {}", name), row->archive.copy);
    } else if (key.starts_with(schema::version_rows_prefix)) {
        const auto row = schema::decode<schema::ObjectRecord>(value);
        const auto name = key.substr(schema::version_rows_prefix.size());
        if (row) see_blob(fmt::format("an old version of {}", without_tail(name)), row->blob);
    } else if (key.starts_with(schema::part_rows_prefix)) {
        const auto row = schema::decode<schema::PartRecord>(value);
        const auto upload = key.substr(schema::part_rows_prefix.size());
        if (row) see_blob(fmt::format("a part of upload {}", without_tail(upload)), row->blob);
    } else if (key.starts_with(schema::manifest_rows_prefix)) {
        const auto row = schema::decode<schema::ManifestRecord>(value);
        const auto upload = key.substr(schema::manifest_rows_prefix.size());
        for (const auto& part : row ? row->parts : std::vector<schema::ManifestPart>()) {
            see_blob(fmt::format("part {} of the object of upload {}", part.number, upload),
                     part.blob);
        }
    }
}

void FolderReport::see_blob(std::string object, const std::string& blob) {
    if (blob.empty()) return;
    const auto ref = store::parse_blob_ref(blob);
    if (ref && blobs->is_there(*ref)) {
        ++referenced;
        if (!blobs->nameless.empty() && blobs->is_nameless(*ref) && nameless.size() < missing_max) {
            nameless.push_back({.object = std::move(object), .blob = blob});
        }
        return;
    }
    ++missing_count;
    if (missing.size() >= missing_max) return;
    missing.push_back({.object = std::move(object), .blob = blob});
}

std::string as_text(const FolderReport& report) {
    std::string text;
    if (report.rows) add_rows(text, report.folder, *report.rows);
    if (report.blobs) add_blobs(text, report.folder, *report.blobs);
    for (const auto& nameless : report.nameless) {
        add_line(text, report.folder,
                 "blob {}, which does not say whose it is any more, has bytes of {}", nameless.blob,
                 printable(nameless.object));
    }
    for (const auto& missing : report.missing) {
        add_line(text, report.folder,
                 "the bytes of {} are missing (blob {}): put the object again, or delete it",
                 printable(missing.object), missing.blob);
    }
    if (report.missing_count > report.missing.size()) {
        add_line(text, report.folder, "and {} objects more without bytes",
                 report.missing_count - report.missing.size());
    }
    for (const auto& fault : report.fit.faults()) {
        add_line(text, report.folder, "{}", printable(fault));
    }
    if (report.fit.fault_count() > report.fit.faults().size()) {
        add_line(text, report.folder, "and {} rows more that do not fit",
                 report.fit.fault_count() - report.fit.faults().size());
    }
    if (report.unreferenced > 0) {
        add_line(text, report.folder, "{} blobs have no row: the next start removes them",
                 report.unreferenced);
    }
    return text;
}

std::string as_json(const std::vector<FolderReport>& reports) {
    json::Writer out;
    out.begin_object();
    out.name("sound");
    out.boolean(std::ranges::all_of(reports, &FolderReport::is_sound));
    out.name("services");
    out.begin_array();
    for (const auto& report : reports) {
        out.begin_object();
        text(out, "name", report.service);
        text(out, "folder", report.folder);
        out.name("failures");
        schema::detail::write_json(out, report.failures);
        out.name("rows");
        report.rows ? write_rows(out, *report.rows) : out.null();
        out.name("blobs");
        report.blobs ? write_blobs(out, report) : out.null();
        number(out, "misfit_count", report.fit.fault_count());
        out.name("misfits");
        schema::detail::write_json(out, report.fit.faults());
        number(out, "blobs_without_a_row", report.unreferenced);
        out.end_object();
    }
    out.end_array();
    out.end_object();
    return out.take();
}

}  // namespace onput::ctl
