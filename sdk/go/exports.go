package scanfleet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

const (
	exportTimeout = 10 * time.Minute
	exportIdle    = time.Minute // setting a PDF takes some seconds before the first piece
	exportBytes   = 256 << 20
)

var exportPaths = map[ExportFormat]string{
	ExportFormatJSON: "/scans/{id}/export/json",
	ExportFormatCSV:  "/scans/{id}/export/csv",
	ExportFormatPDF:  "/scans/{id}/export/pdf",
	ExportFormatHTML: "/scans/{id}/export/html",
}

// Export writes a scan's export to w as it comes; the number of bytes. What fails before the first piece is tried again;
// what breaks off later is a *ConnectionError. It takes 10 minutes at most; ctx may shorten that.
func (c *Client) Export(ctx context.Context, scanID string, format ExportFormat, w io.Writer) (int64, error) {
	path, known := exportPaths[format]
	if !known {
		return 0, errors.New("scanfleet: format: want json, csv, pdf or html")
	}
	t := c.transport
	asked, err := t.prepare("GET", path, arguments{ids: ids(scanID)})
	if err != nil {
		return 0, err
	}
	asked.accept = "*/*"
	deadline := t.clock().Add(exportTimeout)
	var s *stream
	err = t.repeat(ctx, asked, exportTimeout, func(time.Duration) error {
		s, err = t.open(ctx, asked, exportIdle)
		return err
	})
	if err != nil {
		return 0, err
	}
	defer s.close()
	return t.copyTo(w, s, deadline)
}

func (t *transport) copyTo(w io.Writer, s *stream, deadline time.Time) (int64, error) {
	var size int64
	for {
		limit := deadline.Sub(t.clock())
		if limit <= 0 {
			return size, &TimeoutError{fmt.Sprintf("the export took longer than %s", exportTimeout)}
		}
		if limit > exportIdle {
			limit = exportIdle
		}
		piece, err := s.read(limit)
		if errors.Is(err, io.EOF) {
			return size, nil
		}
		if err != nil {
			return size, err
		}
		written, err := w.Write(piece)
		size += int64(written)
		if err != nil {
			return size, err
		}
	}
}

// bounded is memory that refuses to grow beyond its limit.
type bounded struct {
	bytes.Buffer
	most int
}

func (b *bounded) Write(piece []byte) (int, error) {
	if b.Len()+len(piece) > b.most {
		return 0, &UnexpectedAnswerError{fmt.Sprintf("the export is longer than %d bytes; write it to a file", b.most)}
	}
	return b.Buffer.Write(piece)
}

// ExportBytes gives a scan's export in memory; beyond 256 MiB it is an *UnexpectedAnswerError.
func (c *Client) ExportBytes(ctx context.Context, scanID string, format ExportFormat) ([]byte, error) {
	return c.exportBytes(ctx, scanID, format, exportBytes)
}

func (c *Client) exportBytes(ctx context.Context, scanID string, format ExportFormat, most int) ([]byte, error) {
	held := &bounded{most: most}
	if _, err := c.Export(ctx, scanID, format, held); err != nil {
		return nil, err
	}
	return held.Bytes(), nil
}

// ExportFile writes a scan's export to path, which is there only once it is whole; the number of bytes.
func (c *Client) ExportFile(ctx context.Context, scanID string, format ExportFormat, path string) (int64, error) {
	random, err := newKey()
	if err != nil {
		return 0, err
	}
	beside := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"."+random+".part")
	file, err := os.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return 0, err
	}
	size, err := c.Export(ctx, scanID, format, file)
	err = firstOf(err, file.Close())
	if err == nil {
		err = os.Rename(beside, path)
	}
	if err != nil {
		return 0, firstOf(err, os.Remove(beside))
	}
	return size, nil
}

func firstOf(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}
