#include "services/tts/book/mp3_head.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/base/utf8.hpp"
#include "services/tts/book/messages.hpp"
#include "services/tts/book/mp3_part.hpp"
#include "services/tts/mp3.hpp"
#include "services/tts/speech.hpp"

namespace onput::tts {
namespace {

// MPEG-2 layer III, 64 kbit/s, 22,050 Hz, mono: the header of the frame without sound.
constexpr std::array<unsigned char, 4> frame_header{0xff, 0xf3, 0x80, 0xc4};
constexpr std::size_t side_info_bytes = 9;
constexpr std::size_t tag_crc_covers = 4 + side_info_bytes + 120 + 34;
constexpr std::size_t seek_points = 100;

void append_big_endian(std::string& out, std::uint64_t number, std::size_t bytes) {
    for (std::size_t i = bytes; i-- > 0;) out.push_back(static_cast<char>(number >> (8 * i)));
}

// --- ID3 ----------------------------------------------------------------------------------------

// UTF-16 with a byte order mark, cut between two characters.
std::string utf16_text(std::string_view text, std::size_t bytes_max) {
    std::string out = "\x01\xff\xfe";
    std::size_t bytes = 0;
    const auto append = [&out](char32_t unit) {
        out.push_back(static_cast<char>(unit & 0xff));
        out.push_back(static_cast<char>(unit >> 8));
    };
    for_each_code_point(text, [&](char32_t code) {
        bytes += code < 0x80 ? 1 : 3;
        if (bytes > bytes_max) return;
        if (code < 0x10000) return append(code);
        append(0xd800 + ((code - 0x10000) >> 10));
        append(0xdc00 + ((code - 0x10000) & 0x3ff));
    });
    return out;
}

std::string id3_frame(std::string_view id, std::string_view content) {
    std::string frame(id);
    append_big_endian(frame, content.size(), 4);
    frame.append(2, '\0');
    frame += content;
    return frame;
}

std::string chapter_id(std::size_t number) {
    return fmt::format("chapter{}", number) + '\0';
}

std::string chapters_of(const std::vector<Mp3Chapter>& chapters, std::uint64_t end_ms) {
    if (chapters.empty()) return {};
    constexpr char is_top_and_ordered = 3;
    std::string contents = std::string("contents") + '\0' + is_top_and_ordered;
    contents.push_back(static_cast<char>(chapters.size()));
    std::string all;
    for (std::size_t i = 0; i < chapters.size(); ++i) {
        const bool is_last = i + 1 == chapters.size();
        contents += chapter_id(i);
        std::string chapter = chapter_id(i);
        append_big_endian(chapter, chapters[i].begin_ms, 4);
        append_big_endian(chapter, is_last ? end_ms : chapters[i + 1].begin_ms, 4);
        chapter.append(8, '\xff');  // Times count, not bytes.
        chapter += id3_frame("TIT2", utf16_text(chapters[i].title, chapter_title_bytes_max));
        all += id3_frame("CHAP", chapter);
    }
    return id3_frame("CTOC", contents) + all;
}

std::string id3_tag(const std::string& title, const std::string& chapters) {
    std::string frames;
    if (!title.empty()) frames = id3_frame("TIT2", utf16_text(title, mp3_title_bytes_max));
    frames += chapters;
    std::string tag = "ID3\x03";
    tag.append(2, '\0');
    for (int shift = 21; shift >= 0; shift -= 7)
        tag.push_back(static_cast<char>((frames.size() >> shift) & 0x7f));
    return tag + frames;
}

// --- Xing and LAME ------------------------------------------------------------------------------

// Byte k: where the k-th hundredth of the time is, in 256ths of all bytes. Within a part its frames
// count as equally long.
std::string seek_table(const std::vector<Mp3Part>& parts, std::uint64_t frames,
                       std::uint64_t tag_bytes, std::uint64_t bytes) {
    std::string table;
    std::size_t at = 0;
    std::uint64_t frames_before = 0;
    std::uint64_t bytes_before = tag_bytes;
    for (std::uint64_t point = 0; point < seek_points; ++point) {
        const std::uint64_t frame = frames * point / seek_points;
        while (at + 1 < parts.size() && frame >= frames_before + parts[at].frames) {
            frames_before += parts[at].frames;
            bytes_before += parts[at].bytes;
            ++at;
        }
        std::uint64_t offset = bytes_before;
        if (at < parts.size() && parts[at].frames > 0)
            offset += parts[at].bytes * (frame - frames_before) / parts[at].frames;
        table.push_back(static_cast<char>(std::min<std::uint64_t>(offset * 256 / bytes, 255)));
    }
    return table;
}

// CRC-16 of the LAME tag: polynomial 0x8005, reflected.
std::uint16_t crc16(std::string_view bytes) {
    std::uint32_t crc = 0;
    for (const char byte : bytes) {
        crc ^= static_cast<unsigned char>(byte);
        for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xa001 : crc >> 1;
    }
    return static_cast<std::uint16_t>(crc);
}

std::string info_frame(const std::vector<Mp3Part>& parts, std::uint64_t frames) {
    const std::size_t frame_bytes = mp3_frame_bytes(frame_header);
    std::uint64_t bytes = frame_bytes;
    for (const Mp3Part& part : parts) bytes += part.bytes;
    std::string frame(frame_header.begin(), frame_header.end());
    frame.append(side_info_bytes, '\0');
    frame += "Xing";
    constexpr std::uint32_t has_all = 0x0f;
    constexpr std::uint32_t quality = 57;  // As LAME rates VBR 4 of quality 7.
    append_big_endian(frame, has_all, 4);
    append_big_endian(frame, frames, 4);
    append_big_endian(frame, std::min<std::uint64_t>(bytes, UINT32_MAX), 4);
    frame += seek_table(parts, frames, frame_bytes, bytes);
    append_big_endian(frame, quality, 4);
    frame += "LAME3.100";
    constexpr unsigned char is_vbr = 0x04;
    frame.push_back(static_cast<char>(is_vbr));
    frame.append(1 + 4 + 2 + 2, '\0');  // No low-pass, peak, gains.
    frame.append(2, '\0');              // No flags, no least bit rate.
    constexpr std::uint64_t padding = mp3_decoder_delay;
    append_big_endian(frame, mp3_encoder_delay << 12 | padding, 3);
    frame.append(1 + 1 + 2, '\0');
    append_big_endian(frame, std::min<std::uint64_t>(bytes, UINT32_MAX), 4);
    frame.append(2, '\0');  // The sound's checksum is not stated.
    ONPUT_CHECK(frame.size() == tag_crc_covers);
    append_big_endian(frame, crc16(frame), 2);
    ONPUT_CHECK(frame.size() <= frame_bytes);
    frame.resize(frame_bytes, '\0');
    return frame;
}

}  // namespace

std::string make_id3_tag(const std::string& title, const std::vector<Mp3Chapter>& chapters,
                         std::uint64_t end_ms) {
    ONPUT_CHECK(chapters.size() <= book_chapters_max);
    return id3_tag(title, chapters_of(chapters, end_ms));
}

std::uint64_t frames_ms(std::uint64_t frames) {
    return frames * mp3_frame_samples * 1000 / speech_sample_rate;
}

std::uint64_t heard_ms(std::uint64_t frames) {
    const std::uint64_t samples = frames * mp3_frame_samples;
    return samples <= mp3_delay ? 0 : (samples - mp3_delay) * 1000 / speech_sample_rate;
}

std::string make_mp3_head(const std::string& title, const std::vector<Mp3Chapter>& chapters,
                          const std::vector<Mp3Part>& parts) {
    std::uint64_t frames = 0;
    for (const Mp3Part& part : parts) frames += part.frames;
    return make_id3_tag(title, chapters, heard_ms(frames)) + info_frame(parts, frames);
}

}  // namespace onput::tts
