package scanfleet

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// vectors reads a file that all three clients share.
func vectors(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "vectors", name+".json"))
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// answer is what a local server does with a request, as vectors/faults.json has it.
type answer struct {
	Status  int
	Headers map[string]string
	Body    string
	Drop    bool
	Hang    bool
	Cut     bool
	Trickle bool
}

// asked is a request as it came.
type asked struct {
	line   string
	header http.Header
	body   string
}

// faultServer answers in order, the last answer again and again.
type faultServer struct {
	address string
	answers []answer
	other   string
	mutex   sync.Mutex
	asked   []asked
}

func faulty(t *testing.T, other string, answers ...answer) *faultServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &faultServer{address: "http://" + listener.Addr().String(), answers: answers, other: other}
	var open sync.WaitGroup
	held := make(chan struct{})
	t.Cleanup(func() {
		close(held)
		_ = listener.Close()
		open.Wait()
	})
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			open.Add(1)
			go func() {
				defer open.Done()
				server.serve(connection, held)
			}()
		}
	}()
	return server
}

func (s *faultServer) seen() []asked {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return append([]asked(nil), s.asked...)
}

func (s *faultServer) note(request *http.Request) answer {
	body, _ := io.ReadAll(request.Body)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.asked = append(s.asked, asked{request.Method + " " + request.RequestURI, request.Header, string(body)})
	number := len(s.asked)
	if number > len(s.answers) {
		number = len(s.answers)
	}
	return s.answers[number-1]
}

func (s *faultServer) serve(connection net.Conn, held chan struct{}) {
	gone := make(chan struct{})
	defer close(gone)
	go func() {
		select {
		case <-held:
		case <-gone:
		}
		_ = connection.Close()
	}()
	reader := bufio.NewReader(connection)
	for {
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		told := s.note(request)
		switch {
		case told.Drop:
			return
		case told.Hang:
			_, _ = reader.ReadByte()
			return
		}
		header := map[string]string{"Content-Length": fmt.Sprint(len(told.Body))}
		for name, value := range told.Headers {
			header[name] = strings.ReplaceAll(value, "{other}", s.other)
		}
		var head strings.Builder
		fmt.Fprintf(&head, "HTTP/1.1 %d X\r\n", told.Status)
		for name, value := range header {
			fmt.Fprintf(&head, "%s: %s\r\n", name, value)
		}
		_, err = io.WriteString(connection, head.String()+"\r\n"+told.Body)
		for told.Trickle && err == nil {
			time.Sleep(20 * time.Millisecond)
			_, err = io.WriteString(connection, " ")
		}
		if told.Cut || err != nil {
			return
		}
	}
}
