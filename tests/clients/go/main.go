// The AWS SDK for Go, version 2, against S3: uploader and downloader of feature/s3/manager, presigned URLs, waiters.
//
//	onput-go-client ENDPOINT BUCKET      ends with 1 and the reason when an answer is wrong
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/s3/manager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

const (
	mib      = 1 << 20
	partSize = 5 * mib
	patience = 20 * time.Second
)

type test struct {
	ctx    context.Context
	client *s3.Client
	bucket string
}

func fail(what string, arguments ...any) {
	fmt.Fprintf(os.Stderr, what+"\n", arguments...)
	os.Exit(1)
}

func must[T any](value T, err error) T {
	if err != nil {
		fail("%v", err)
	}
	return value
}

func (t test) read(key string) []byte {
	answer := must(t.client.GetObject(t.ctx, &s3.GetObjectInput{
		Bucket: &t.bucket, Key: &key, ChecksumMode: types.ChecksumModeEnabled}))
	defer answer.Body.Close()
	return must(io.ReadAll(answer.Body))
}

// A stream hides its length and that it could seek.
func (t test) carry(key string, size int) {
	data := make([]byte, size)
	rand.New(rand.NewSource(int64(size))).Read(data)
	uploader := manager.NewUploader(t.client, func(u *manager.Uploader) { u.PartSize = partSize })
	must(uploader.Upload(t.ctx, &s3.PutObjectInput{Bucket: &t.bucket, Key: &key,
		Body: io.MultiReader(bytes.NewReader(data)), Metadata: map[string]string{"kind": "stream"}}))
	back := manager.NewWriteAtBuffer(nil)
	downloader := manager.NewDownloader(t.client, func(d *manager.Downloader) { d.PartSize = partSize })
	must(downloader.Download(t.ctx, back, &s3.GetObjectInput{Bucket: &t.bucket, Key: &key}))
	if !bytes.Equal(back.Bytes(), data) || !bytes.Equal(t.read(key), data) {
		fail("%s came back different", key)
	}
	head := must(t.client.HeadObject(t.ctx, &s3.HeadObjectInput{Bucket: &t.bucket, Key: &key}))
	if head.Metadata["kind"] != "stream" || aws.ToInt64(head.ContentLength) != int64(size) {
		fail("%s has other metadata: %v", key, head)
	}
	attributes := must(t.client.GetObjectAttributes(t.ctx, &s3.GetObjectAttributesInput{Bucket: &t.bucket, Key: &key,
		ObjectAttributes: []types.ObjectAttributes{types.ObjectAttributesEtag, types.ObjectAttributesObjectSize}}))
	if aws.ToInt64(attributes.ObjectSize) != int64(size) || attributes.ETag == nil {
		fail("%s has other attributes: %v", key, attributes)
	}
}

func (t test) presign(key string) {
	presigner := s3.NewPresignClient(t.client)
	put := must(presigner.PresignPutObject(t.ctx, &s3.PutObjectInput{Bucket: &t.bucket, Key: &key}))
	request := must(http.NewRequest(put.Method, put.URL, strings.NewReader("by url")))
	for name, values := range put.SignedHeader {
		if name != "Host" {
			request.Header[name] = values
		}
	}
	if answer := must(http.DefaultClient.Do(request)); answer.StatusCode != http.StatusOK {
		fail("a presigned PUT was answered with %s: %s", answer.Status, must(io.ReadAll(answer.Body)))
	}
	get := must(presigner.PresignGetObject(t.ctx, &s3.GetObjectInput{Bucket: &t.bucket, Key: &key}))
	answer := must(http.Get(get.URL))
	if body := must(io.ReadAll(answer.Body)); string(body) != "by url" {
		fail("a presigned GET was answered with %s", body)
	}
}

// Lists and deletes all in pages of ten.
func (t test) fillAndEmpty() {
	source := "n/05 ü+&"
	for number := range 23 {
		key := fmt.Sprintf("n/%02d ü+&", number)
		must(t.client.PutObject(t.ctx, &s3.PutObjectInput{Bucket: &t.bucket, Key: &key, Body: strings.NewReader(key)}))
	}
	must(t.client.CopyObject(t.ctx, &s3.CopyObjectInput{
		Bucket: &t.bucket, Key: aws.String("copy"), CopySource: aws.String(url.QueryEscape(t.bucket + "/" + source))}))
	if body := t.read("copy"); string(body) != source {
		fail("the copy is %s", body)
	}
	seen := 0
	pages := s3.NewListObjectsV2Paginator(t.client, &s3.ListObjectsV2Input{Bucket: &t.bucket, MaxKeys: aws.Int32(10)})
	for pages.HasMorePages() {
		page := must(pages.NextPage(t.ctx))
		var gone []types.ObjectIdentifier
		for _, object := range page.Contents {
			gone = append(gone, types.ObjectIdentifier{Key: object.Key})
		}
		seen += len(gone)
		answer := must(t.client.DeleteObjects(t.ctx, &s3.DeleteObjectsInput{
			Bucket: &t.bucket, Delete: &types.Delete{Objects: gone}}))
		if len(answer.Deleted) != len(gone) {
			fail("%d of %d deleted: %v", len(answer.Deleted), len(gone), answer.Errors)
		}
	}
	if seen != 23+1+4 {
		fail("%d objects listed", seen)
	}
}

func main() {
	endpoint, bucket := os.Args[1], os.Args[2]
	client := s3.New(s3.Options{BaseEndpoint: &endpoint, Region: "us-east-1", UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")})
	t := test{context.Background(), client, bucket}
	must(client.CreateBucket(t.ctx, &s3.CreateBucketInput{Bucket: &bucket}))
	must(0, s3.NewBucketExistsWaiter(client).Wait(t.ctx, &s3.HeadBucketInput{Bucket: &bucket}, patience))
	t.carry("empty", 0)
	t.carry("small", 12345)
	t.carry("large", 17*mib+3)
	t.presign("by url")
	var absent *types.NoSuchKey
	if _, err := client.GetObject(t.ctx, &s3.GetObjectInput{Bucket: &bucket, Key: aws.String("absent")}); !errors.As(err, &absent) {
		fail("an absent key is %v", err)
	}
	t.fillAndEmpty()
	must(client.DeleteBucket(t.ctx, &s3.DeleteBucketInput{Bucket: &bucket}))
	must(0, s3.NewBucketNotExistsWaiter(client).Wait(t.ctx, &s3.HeadBucketInput{Bucket: &bucket}, patience))
}
