import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.ResponseBytes;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.core.async.BlockingInputStreamAsyncRequestBody;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.model.ChecksumMode;
import software.amazon.awssdk.services.s3.model.Delete;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.ObjectAttributes;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;
import software.amazon.awssdk.transfer.s3.S3TransferManager;

/**
 * AWS's SDK for Java, version 2, against S3: the blocking client, the transfer manager with uploads in parts and
 * streams of unknown length, presigned URLs, waiters. Client ENDPOINT BUCKET; ends with 1 when an answer is wrong.
 */
public final class Client {
    private static final int MIB = 1024 * 1024;
    private static final long PART_BYTES = 5 * MIB;

    private final String bucket;
    private final URI endpoint;
    private final AwsCredentialsProvider keys =
            StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test"));
    private final S3Configuration byPath = S3Configuration.builder().pathStyleAccessEnabled(true).build();
    private final S3Client s3;

    private Client(String endpoint, String bucket) {
        this.endpoint = URI.create(endpoint);
        this.bucket = bucket;
        s3 = S3Client.builder().endpointOverride(this.endpoint).region(Region.US_EAST_1).credentialsProvider(keys)
                .serviceConfiguration(byPath).build();
    }

    private static void check(boolean isTrue, String what) {
        if (!isTrue) throw new AssertionError(what);
    }

    private static byte[] randomBytes(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    private ResponseBytes<GetObjectResponse> read(String key) {
        return s3.getObjectAsBytes(r -> r.bucket(bucket).key(key).checksumMode(ChecksumMode.ENABLED));
    }

    private void putAndGet(String key, int size) {
        byte[] data = randomBytes(size);
        s3.putObject(r -> r.bucket(bucket).key(key).metadata(Map.of("kind", "thing")), RequestBody.fromBytes(data));
        ResponseBytes<GetObjectResponse> back = read(key);
        check(Arrays.equals(back.asByteArray(), data), key + " came back different");
        check("thing".equals(back.response().metadata().get("kind")), key + " lost its metadata");
        long told = s3.getObjectAttributes(r -> r.bucket(bucket).key(key)
                .objectAttributes(ObjectAttributes.E_TAG, ObjectAttributes.OBJECT_SIZE)).objectSize();
        check(told == size, key + " has " + told + " bytes, say its attributes");
    }

    private void transfer() throws Exception {
        Path file = Files.createTempFile("client", ".in");
        Path back = Files.createTempFile("client", ".out");
        byte[] data = randomBytes(17 * MIB + 3);
        Files.write(file, data);
        try (S3AsyncClient async = S3AsyncClient.builder().endpointOverride(endpoint).region(Region.US_EAST_1)
                        .credentialsProvider(keys).serviceConfiguration(byPath).multipartEnabled(true)
                        .multipartConfiguration(c -> c.minimumPartSizeInBytes(PART_BYTES)
                                .thresholdInBytes(PART_BYTES)).build();
                S3TransferManager manager = S3TransferManager.builder().s3Client(async).build()) {
            manager.uploadFile(u -> u.source(file).putObjectRequest(r -> r.bucket(bucket).key("large")))
                    .completionFuture().join();
            Files.delete(back);
            manager.downloadFile(d -> d.destination(back).getObjectRequest(r -> r.bucket(bucket).key("large")))
                    .completionFuture().join();
            check(Files.mismatch(file, back) == -1, "the large file came back different");

            BlockingInputStreamAsyncRequestBody stream = AsyncRequestBody.forBlockingInputStream(null);
            var upload = manager.upload(u -> u.requestBody(stream).putObjectRequest(r -> r.bucket(bucket).key("stream")));
            stream.writeInputStream(Files.newInputStream(file));
            upload.completionFuture().join();
            check(Arrays.equals(read("stream").asByteArray(), data), "the stream came back different");

            manager.copy(c -> c.copyObjectRequest(r -> r.sourceBucket(bucket).sourceKey("large")
                    .destinationBucket(bucket).destinationKey("copy"))).completionFuture().join();
            check(Arrays.equals(read("copy").asByteArray(), data), "the copy is different");
        } finally {
            Files.deleteIfExists(file);
            Files.deleteIfExists(back);
        }
    }

    private void presign() throws Exception {
        HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        try (S3Presigner presigner = S3Presigner.builder().endpointOverride(endpoint).region(Region.US_EAST_1)
                .credentialsProvider(keys).serviceConfiguration(byPath).build()) {
            var put = presigner.presignPutObject(p -> p.signatureDuration(Duration.ofMinutes(1))
                    .putObjectRequest(r -> r.bucket(bucket).key("by url")));
            var sent = http.send(HttpRequest.newBuilder(put.url().toURI())
                    .PUT(HttpRequest.BodyPublishers.ofString("by url")).build(), HttpResponse.BodyHandlers.ofString());
            check(sent.statusCode() == 200, "a presigned PUT was answered with " + sent.body());
            var get = presigner.presignGetObject(p -> p.signatureDuration(Duration.ofMinutes(1))
                    .getObjectRequest(r -> r.bucket(bucket).key("by url")));
            var got = http.send(HttpRequest.newBuilder(get.url().toURI()).build(), HttpResponse.BodyHandlers.ofString());
            check(got.body().equals("by url"), "a presigned GET was answered with " + got.body());
        }
    }

    private void fillAndEmpty() {
        for (int number = 0; number < 23; ++number) {
            String key = String.format("n/%02d ü+&", number);
            s3.putObject(r -> r.bucket(bucket).key(key), RequestBody.fromString(key));
        }
        s3.copyObject(r -> r.sourceBucket(bucket).sourceKey("n/05 ü+&").destinationBucket(bucket)
                .destinationKey("n/copy"));
        check(new String(read("n/copy").asByteArray(), StandardCharsets.UTF_8).equals("n/05 ü+&"), "the copy is wrong");
        int seen = 0;
        for (var page : s3.listObjectsV2Paginator(r -> r.bucket(bucket).maxKeys(10))) {
            var gone = page.contents().stream().map(each -> ObjectIdentifier.builder().key(each.key()).build()).toList();
            seen += gone.size();
            var answer = s3.deleteObjects(r -> r.bucket(bucket).delete(Delete.builder().objects(gone).build()));
            check(answer.deleted().size() == gone.size(), "not all deleted: " + answer.errors());
        }
        check(seen == 23 + 1 + 6, seen + " objects listed");
    }

    private void run() throws Exception {
        s3.createBucket(r -> r.bucket(bucket));
        s3.waiter().waitUntilBucketExists(r -> r.bucket(bucket));
        putAndGet("empty", 0);
        putAndGet("small", 12345);
        transfer();
        presign();
        try {
            read("absent");
            check(false, "an absent key was read");
        } catch (NoSuchKeyException expected) {
            check(expected.statusCode() == 404, expected.toString());
        }
        fillAndEmpty();
        s3.deleteBucket(r -> r.bucket(bucket));
        s3.waiter().waitUntilBucketNotExists(r -> r.bucket(bucket));
        s3.close();
    }

    public static void main(String[] arguments) throws Exception {
        new Client(arguments[0], arguments[1]).run();
    }
}
